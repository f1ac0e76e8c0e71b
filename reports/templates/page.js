"use strict";
(function () {
  function unfold(inner) {
    for (var node = inner; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
  }
  function show() {
    var wanted = /^#(ja|en)(-|$)/.exec(location.hash);
    // A link to something that both languages share leaves the language as it is.
    var code = wanted ? wanted[1] : location.hash ? document.documentElement.lang : "ja";
    document.documentElement.lang = code;
    document.querySelectorAll("main").forEach(function (edition) {
      edition.hidden = edition.lang !== code;
      if (!edition.hidden) document.title = edition.dataset.title;
    });
    document.querySelectorAll(".switch a").forEach(function (link) {
      if (link.lang === code) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
    var target = document.getElementById(location.hash.slice(1));
    if (target) {
      unfold(target);
      target.scrollIntoView();
    }
  }
  window.addEventListener("hashchange", show);
  show();
})();
