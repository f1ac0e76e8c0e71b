"use strict";
(function () {
  function show() {
    var code = location.hash.slice(0, 3) === "#en" ? "en" : "ja";
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
    if (target) target.scrollIntoView();
  }
  window.addEventListener("hashchange", show);
  show();
})();
