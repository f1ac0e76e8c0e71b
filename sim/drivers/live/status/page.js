"use strict";
(function () {
  // What the stream of `watch.View` says, drawn. Texts are set as text, never as markup: names come from outside.
  var TEXT = {
    ja: {
      title: "連携の状態", kicker: "renkei — 市区町村 ⇄ 出入国在留管理庁の情報連携", charts: "直近10分の推移",
      country: "全国の市区町村", outages: "回線の障害", faults: "障害の申告", terminals: "情報連携端末",
      municipalities: "市区町村", find: "コード・名称で探す", all: "すべて",
      stale: "この画面は更新されていません。renkei status が止まっているか、つながりません。最終更新 ",
      ministry: "市町村連携用サーバ", lgwan: "回線 (LGWAN)", terminal: "情報連携端末",
      asking: "問い合わせ中", answering: "応答あり", silentSource: "応答なし", since: "から",
      server: "サーバ", ready: "稼働中", notReady: "準備未了", unknown: "不明", notWatched: "監視対象外",
      kept: "判定待ちのバッチ", oldest: "最古 ", decided: "判定済みのバッチ", perSecond: "/秒",
      waitingDown: "受取待ち(下り)", heard: "受信した市区町村", of: "/", lines: "回線", open: "接続中 ",
      cutOff: "障害中 ", strangers: "拒否した未登録の接続 ", openFaults: "申告中の障害", connected: "接続",
      chartDecided: "判定したバッチ", unitDecided: "件/秒", chartBacklog: "残り", unitBacklog: "件",
      chartBytes: "通信量", unitBytes: "バイト/秒", up: "上り", down: "下り", keyKept: "判定待ち", keyWaiting: "受取待ち",
      noPoints: "まだ記録がありません", states: {outage: "回線障害", fault: "障害申告", active: "通信中", waiting: "受取待ちあり", silent: "24時間受信なし", quiet: "平常"},
      noOutage: "回線の障害はありません。", noNetwork: "回線は監視対象外です(--lgwan)。", noServer: "サーバは監視対象外です(--ministry)。",
      noFault: "申告された障害はありません。", noTerminal: "監視する端末がありません(--terminal)。",
      noRow: "該当する市区町村がありません。", noMunicipality: "市区町村の情報がまだありません。",
      planned: "予定", running: "発生中", wholeNetwork: "全回線", until: "まで", untilLifted: "解除まで", name: "名称", line: "回線",
      period: "期間", place: "箇所", fault: "内容", sinceHead: "発生", state: "状態",
      code: "コード", queue: "送信待ち", ofAnswers: " (うち回答 #)", unanswered: "回答待ち", lastExchange: "最終連携", operator: "操作者", lastFault: "直近の障害",
      noOperator: "—", never: "なし", closed: "サーバが拒否", offline: "未接続", online: "接続中", connectedNow: "接続済み",
      last: "最終受信", batchesUp: "上りバッチ", recordsUp: "上りレコード", batchesDown: "下りバッチ", recordsDown: "下りレコード", refused: "拒否",
      waiting: "受取待ち", speed: "速度", rate: "回線速度", latency: "遅延", openHead: "接続", stopped: "切断・拒否",
      unlimited: "無制限", cases: "件", page: "ページ", before: "前へ", next: "次へ", showing: "件を表示",
      foot: "この画面はこの端末の中だけで表示され、何も変更しません。", s: "秒", m: "分", h: "時間", d: "日", ago: "前", captured: "取得 ",
      pref: "北海道 青森 岩手 宮城 秋田 山形 福島 茨城 栃木 群馬 埼玉 千葉 東京 神奈川 新潟 富山 石川 福井 山梨 長野 岐阜 静岡 愛知 三重 滋賀 京都 大阪 兵庫 奈良 和歌山 鳥取 島根 岡山 広島 山口 徳島 香川 愛媛 高知 福岡 佐賀 長崎 熊本 大分 宮崎 鹿児島 沖縄"
    },
    en: {
      title: "State of the exchange", kicker: "renkei — municipalities ⇄ Immigration Services Agency", charts: "The last ten minutes",
      country: "All municipalities", outages: "Outages of lines", faults: "Reported faults", terminals: "Exchange terminals",
      municipalities: "Municipalities", find: "Find a code or a name", all: "All",
      stale: "This page is not up to date: renkei status has stopped or cannot be reached. Last update ",
      ministry: "Ministry server", lgwan: "Network (LGWAN)", terminal: "Terminal",
      asking: "asking", answering: "answers", silentSource: "does not answer", since: "since",
      server: "Server", ready: "Ready", notReady: "Not ready", unknown: "Unknown", notWatched: "not watched",
      kept: "Batches to decide", oldest: "oldest ", decided: "Batches decided", perSecond: "/s",
      waitingDown: "Waiting down", heard: "Municipalities heard", of: "/", lines: "Lines", open: "connections ",
      cutOff: "out of use ", strangers: "strangers refused ", openFaults: "Open faults", connected: "connected",
      chartDecided: "Batches decided", unitDecided: "per second", chartBacklog: "Backlog", unitBacklog: "batches",
      chartBytes: "Traffic", unitBytes: "bytes per second", up: "up", down: "down", keyKept: "to decide", keyWaiting: "waiting down",
      noPoints: "Nothing recorded yet", states: {outage: "Line out of use", fault: "Fault reported", active: "Exchanging", waiting: "Batches waiting", silent: "Silent for 24 h", quiet: "Quiet"},
      noOutage: "No line is out of use.", noNetwork: "The network is not watched (--lgwan).", noServer: "The server is not watched (--ministry).",
      noFault: "No fault is reported.", noTerminal: "No terminal is watched (--terminal).",
      noRow: "No municipality matches.", noMunicipality: "Nothing is known of municipalities yet.",
      planned: "Planned", running: "Now", wholeNetwork: "All lines", until: "until", untilLifted: "until it is lifted", name: "Name", line: "Line",
      period: "Time", place: "Place", fault: "Fault", sinceHead: "Since", state: "State",
      code: "Code", queue: "To send", ofAnswers: " (# answers)", unanswered: "Unanswered", lastExchange: "Last exchange", operator: "Operator", lastFault: "Last fault",
      noOperator: "—", never: "never", closed: "refused by the server", offline: "Not connected", online: "Connected", connectedNow: "connected",
      last: "Last heard", batchesUp: "Batches up", recordsUp: "Records up", batchesDown: "Batches down", recordsDown: "Records down", refused: "Refused",
      waiting: "Waiting", speed: "Speed", rate: "Line rate", latency: "Latency", openHead: "Open", stopped: "Cut, refused",
      unlimited: "unlimited", cases: "", page: "Page", before: "Previous", next: "Next", showing: "shown",
      foot: "This page is served on this machine only, and changes nothing.", s: " s", m: " min", h: " h", d: " d", ago: " ago", captured: "captured ",
      pref: "Hokkaido Aomori Iwate Miyagi Akita Yamagata Fukushima Ibaraki Tochigi Gunma Saitama Chiba Tokyo Kanagawa Niigata Toyama Ishikawa Fukui Yamanashi Nagano Gifu Shizuoka Aichi Mie Shiga Kyoto Osaka Hyogo Nara Wakayama Tottori Shimane Okayama Hiroshima Yamaguchi Tokushima Kagawa Ehime Kochi Fukuoka Saga Nagasaki Kumamoto Oita Miyazaki Kagoshima Okinawa"
    }
  };
  var STATES = ["outage", "fault", "active", "waiting", "silent", "quiet"];
  // Where in a row which figure stands: `watch.Row`.
  var FIELDS = ["code", "name", "state", "last", "batchesUp", "recordsUp", "batchesDown", "recordsDown", "refused", "waiting", "speed", "faults", "rate", "latency", "open", "outage", "stopped"];
  var AT = {};
  FIELDS.forEach(function (field, index) { AT[field] = index; });
  var COLUMNS = ["code", "name", "state", "last", "batchesUp", "recordsUp", "batchesDown", "recordsDown", "refused", "waiting", "speed", "rate", "latency", "open", "stopped"];
  var OF_SERVER = ["batchesUp", "recordsUp", "batchesDown", "recordsDown", "refused", "waiting"];
  var OF_LINE = ["rate", "latency", "open", "stopped"];
  var SHOWN = 50, FEW = 6, MINUTES = 10, SILENCE = 5000;

  var language = "ja", view = null, rows = new Map(), cells = new Map(), bodyRows = new Map(), points = [];
  var sorted = {by: "state", up: true}, filter = "", find = "", page = 0, heardAt = 0;

  // Places that are drawn again only when what they show has changed: focus and selection stay.
  var drawn = {};
  function fresh(place, shown) {
    var key = language + JSON.stringify(shown);
    if (drawn[place] === key) return false;
    drawn[place] = key;
    return true;
  }
  function t(key) { return TEXT[language][key]; }
  function $(id) { return document.getElementById(id); }
  function make(tag, attributes, children) {
    var node = tag === "svg" || make.svg.has(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) {
      if (attributes[name] !== null && attributes[name] !== undefined && attributes[name] !== false) node.setAttribute(name, attributes[name]);
    });
    (Array.isArray(children) ? children : [children]).forEach(function (child) {
      if (child !== null && child !== undefined) node.append(child);
    });
    return node;
  }
  make.svg = new Set(["line", "path", "text", "g", "title"]);
  function number(value) { return value === null || value === undefined ? "—" : Math.round(value).toLocaleString("en-US"); }
  function clock(iso) { return iso ? iso.slice(11, 19) : ""; }
  function seconds(iso) { return view && iso ? Math.max(0, (Date.parse(view.now) - Date.parse(iso)) / 1000) : 0; }
  function span(value) {
    if (value < 100) return Math.round(value) + t("s");
    if (value < 6000) return Math.round(value / 60) + t("m");
    if (value < 172800) return Math.round(value / 3600) + t("h");
    return Math.round(value / 86400) + t("d");
  }
  function ago(iso) { return iso ? span(seconds(iso)) + t("ago") : t("never"); }
  function moment(iso) { return !iso ? "" : view && iso.slice(0, 10) === view.now.slice(0, 10) ? clock(iso) : iso.slice(0, 10) + " " + iso.slice(11, 16); }
  function scaled(value, unit) {
    if (value === null || value === undefined) return "—";
    var steps = [[1e9, "G"], [1e6, "M"], [1e3, "k"]];
    for (var i = 0; i < steps.length; i++) if (value >= steps[i][0]) return +(value / steps[i][0]).toPrecision(3) + " " + steps[i][1] + unit;
    return +(+value).toPrecision(3) + " " + unit;
  }
  function bits(value) { return value === null ? "—" : value === 0 ? t("unlimited") : scaled(value, "bit/s"); }

  // --- the upper part ------------------------------------------------------------------------------------
  function words() {
    document.documentElement.lang = language;
    document.title = t("title");
    document.querySelectorAll("[data-t]").forEach(function (node) { node.textContent = t(node.dataset.t); });
    document.querySelectorAll(".switch a").forEach(function (link) {
      if (link.lang === language) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
    });
    $("find").placeholder = t("find");
    $("find").setAttribute("aria-label", t("find"));
    $("foot").textContent = t("foot") + (view ? " renkei " + view.version : "");
  }
  function sources() {
    if (!fresh("sources", view.sources)) return;
    // Of many terminals only those are named that do not answer.
    var many = view.sources.filter(function (one) { return one.kind === "terminal"; }).length > FEW;
    var named = view.sources.filter(function (one) { return !many || one.kind !== "terminal" || one.ok === false; });
    $("sources").replaceChildren.apply($("sources"), named.map(function (one) {
      var state = one.ok === null ? t("asking") : one.ok ? t("answering") : t("silentSource");
      var when = one.since ? (language === "ja" ? moment(one.since) + t("since") : t("since") + " " + moment(one.since)) : "";
      return make("li", {"class": one.ok === false ? "no" : "", "data-kind": one.kind}, [
        make("span", {"class": "dot " + (one.ok === null ? "" : one.ok ? "yes" : "no")}),
        make("b", {}, t(one.kind)),
        state + (language === "ja" ? "(" + when + ")" : " " + when) + " ",
        make("small", {}, one.name + (one.trouble ? " — " + one.trouble : ""))
      ]);
    }));
  }
  function watched(kind) { return view.sources.find(function (one) { return one.kind === kind; }); }
  function tile(label, value, more, state) {
    return make("div", {"class": state || ""}, [make("dt", {}, label), make("dd", {"class": "value"}, value), make("dd", {"class": "more"}, more || "\u00a0")]);
  }
  function tiles() {
    var server = view.server, network = view.network, found = [], last = points[points.length - 1];
    var down = function (kind) { var one = watched(kind); return one && one.ok === false; };
    if (watched("ministry")) {
      var dead = down("ministry"), none = server === null;
      found.push(dead || none ? tile(t("server"), t("unknown"), dead ? t("silentSource") : t("asking"), dead ? "warn" : "unknown")
        : tile(t("server"), server.ready ? t("ready") : t("notReady"), "renkei " + server.version, server.ready ? "" : "warn"));
      var old = dead || none ? "unknown" : "";
      found.push(tile(t("kept"), none ? "—" : number(server.kept), none || !server.kept ? "" : t("oldest") + span(server.oldest_kept_s), old || (server.oldest_kept_s > 300 ? "warn" : "")));
      found.push(tile(t("decided"), none ? "—" : number(server.decided), last && last[1] !== null ? +last[1].toPrecision(3) + t("perSecond") : "", old));
      found.push(tile(t("waitingDown"), none ? "—" : number(server.waiting_down), "", old));
      var heard = 0;
      rows.forEach(function (row) { if (row[AT.batchesUp]) heard += 1; });
      found.push(tile(t("heard"), number(heard), t("of") + " " + number(rows.size), old));
      found.push(tile(t("openFaults"), none ? "—" : number(view.faults.length), "", old || (view.faults.length ? "warn" : "")));
    }
    if (watched("lgwan")) {
      var off = 0;
      rows.forEach(function (row) { if (row[AT.outage]) off += 1; });
      var dim = down("lgwan") || network === null ? "unknown" : off || network.faults.length ? "warn" : "";
      found.push(tile(t("lines"), network === null ? "—" : number(network.lines), network === null ? "" : t("open") + number(network.open) + (network.captured ? ", " + t("captured") + scaled(network.captured, "B") : ""), network === null ? "unknown" : down("lgwan") ? "unknown" : ""));
      found.push(tile(t("states").outage, network === null ? "—" : number(off), network === null ? "" : network.faults.length ? network.faults.join(", ") : t("strangers") + number(network.strangers), dim));
    }
    if (watched("terminal")) {
      var all = view.sources.filter(function (one) { return one.kind === "terminal"; }).length;
      var on = view.terminals.filter(function (one) { return one.ok && one.status.connected; }).length;
      found.push(tile(t("terminals"), number(on) + " " + t("of") + " " + number(all), t("connected"), on < all ? "warn" : ""));
    }
    $("tiles").replaceChildren.apply($("tiles"), found);
  }

  // --- charts --------------------------------------------------------------------------------------------
  var WIDE = 400, HIGH = 150, LEFT = 46, TOP = 10, BOTTOM = 22;
  function above(value) {
    if (value <= 0) return 1;
    var power = Math.pow(10, Math.floor(Math.log10(value)));
    return [1, 2, 2.5, 5, 10].map(function (step) { return step * power; }).find(function (step) { return step >= value; });
  }
  function path(series, x, y) {
    var text = "", broken = true;
    series.forEach(function (pair) {
      if (pair[1] === null) { broken = true; return; }
      text += (broken ? "M" : "L") + x(pair[0]).toFixed(1) + " " + y(pair[1]).toFixed(1);
      broken = false;
    });
    return text;
  }
  function chart(key, unit, first, second, keys, label) {
    var end = Date.parse(view.now) * 1000, minutes = MINUTES;
    // While little is known the axis is shorter.
    if (points.length) minutes = [1, 2, 5].find(function (some) { return points[0][0] >= end - some * 60e6; }) || MINUTES;
    var begin = end - minutes * 60e6;
    var lines = [first, second].filter(function (field) { return field !== null; }).map(function (field) {
      return points.map(function (point) { return [point[0], point[field]]; });
    });
    var values = [].concat.apply([], lines).map(function (pair) { return pair[1]; }).filter(function (value) { return value !== null; });
    var head = make("figcaption", {}, [t(key) + " ", make("small", {}, t(unit))]);
    var legend = make("div", {"class": "keys"}, keys.map(function (name, index) { return make("span", {"class": index ? "second" : ""}, t(name)); }));
    if (!values.length) return make("figure", {id: key}, [head, legend, make("p", {"class": "empty"}, t("noPoints"))]);
    var top = above(Math.max.apply(null, values));
    var x = function (at) { return LEFT + (WIDE - LEFT - 6) * (at - begin) / (end - begin); };
    var y = function (value) { return TOP + (HIGH - TOP - BOTTOM) * (1 - value / top); };
    var parts = [make("title", {}, t(key) + ": " + label(values[values.length - 1]))];
    [0, 0.5, 1].forEach(function (share) {
      var height = y(top * share);
      parts.push(make("line", {"class": share ? "grid" : "axis", x1: LEFT, x2: WIDE - 6, y1: height, y2: height}));
      if (share !== 0.5 || top > 1) parts.push(make("text", {x: LEFT - 6, y: height + 4, "text-anchor": "end"}, label(top * share)));
    });
    [0, 0.5, 1].forEach(function (share) {
      var at = end - share * minutes * 60e6, anchor = share === 0 ? "end" : share === 1 ? "start" : "middle";
      parts.push(make("text", {x: x(at), y: HIGH - 5, "text-anchor": anchor}, clock(japan(at)).slice(0, minutes < MINUTES ? 8 : 5)));
    });
    var shown = lines.map(function (series) { return series.filter(function (pair) { return pair[0] >= begin; }); });
    var whole = shown[0].filter(function (pair) { return pair[1] !== null; });
    if (whole.length > 1) {
      parts.push(make("path", {"class": "under", d: path(whole, x, y) + "L" + x(whole[whole.length - 1][0]).toFixed(1) + " " + y(0) + "L" + x(whole[0][0]).toFixed(1) + " " + y(0) + "Z"}));
    }
    shown.forEach(function (series, index) { parts.push(make("path", {"class": index ? "other" : "first", d: path(series, x, y)})); });
    return make("figure", {id: key}, [head, legend, make("svg", {viewBox: "0 0 " + WIDE + " " + HIGH, role: "img"}, parts)]);
  }
  function japan(microseconds) { return new Date(microseconds / 1000 + 9 * 3600e3).toISOString(); }
  function charts() {
    var plain = function (value) { return scaled(value, "").trim(); };
    $("charts").replaceChildren(
      chart("chartDecided", "unitDecided", 1, null, [], plain),
      chart("chartBacklog", "unitBacklog", 2, 3, ["keyKept", "keyWaiting"], plain),
      chart("chartBytes", "unitBytes", 4, 5, ["up", "down"], plain)
    );
  }

  // --- the country ---------------------------------------------------------------------------------------
  function hint(row) { return row[AT.code] + " " + row[AT.name] + " — " + t("states")[row[AT.state]]; }
  function country() {
    var names = t("pref").split(" "), groups = new Map();
    Array.from(rows.keys()).sort().forEach(function (code) {
      var key = +code.slice(0, 2);
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(code);
    });
    cells.clear();
    var found = [];
    groups.forEach(function (codes, key) {
      var grid = make("div", {}, codes.map(function (code) {
        var row = rows.get(code), cell = make("i", {"class": "cell " + row[AT.state], "data-code": code, title: hint(row)});
        cells.set(code, cell);
        return cell;
      }));
      grid.style.gridTemplateColumns = "repeat(" + Math.max(4, Math.ceil(Math.sqrt(codes.length * 2))) + ", 8px)";
      found.push(make("div", {"class": "pref"}, [make("span", {}, names[key - 1] || String(key)), grid]));
    });
    $("country").replaceChildren.apply($("country"), found.length ? found : [make("p", {"class": "empty"}, t("noMunicipality"))]);
  }
  function recolour(changed) {
    if (changed.some(function (row) { return !cells.has(row[AT.code]); })) { country(); return; }
    changed.forEach(function (row) {
      var cell = cells.get(row[AT.code]);
      cell.className = "cell " + row[AT.state];
      cell.title = hint(row);
    });
  }
  function tally() {
    var counts = {};
    rows.forEach(function (row) { counts[row[AT.state]] = (counts[row[AT.state]] || 0) + 1; });
    return counts;
  }
  function legend(counts) {
    if (!fresh("legend", counts)) return;
    $("legend").replaceChildren.apply($("legend"), STATES.map(function (state) {
      return make("li", {}, [make("i", {"class": state}), t("states")[state] + " " + number(counts[state] || 0)]);
    }));
  }

  // --- lists ---------------------------------------------------------------------------------------------
  function list(place, heads, lines, empty) {
    if (!fresh(place, [lines, empty])) return;
    if (!lines.length) { $(place).replaceChildren(make("p", {"class": "empty"}, empty)); return; }
    $(place).replaceChildren(make("div", {"class": "scroll"}, make("table", {}, [
      make("thead", {}, make("tr", {}, heads.map(function (head) { return make("th", {scope: "col", "class": head[1] || ""}, t(head[0])); }))),
      make("tbody", {}, lines.map(function (line) {
        return make("tr", {}, line.map(function (value, index) {
          var bad = Array.isArray(value);
          return make("td", {"class": (heads[index][1] || "") + (bad ? " bad" : "")}, bad ? value[0] : value);
        }));
      }))
    ])));
  }
  function called(code) { var row = rows.get(code); return row && row[AT.name] ? code + " " + row[AT.name] : code; }
  function lists() {
    list("outages", [["state"], ["name", "wide"], ["line", "wide"], ["period"]], (view.network ? view.network.outages : []).map(function (one) {
      var end = one.end ? moment(one.end) + (language === "ja" ? t("until") : "") : t("untilLifted");
      return [one.running ? [t("running")] : t("planned"), one.name, one.line ? called(one.line) : t("wholeNetwork"), moment(one.start) + " – " + end];
    }), watched("lgwan") ? t("noOutage") : t("noNetwork"));
    list("faults", [["line", "wide"], ["place", "wide"], ["fault", "wide"], ["sinceHead"]], view.faults.slice(0, 100).map(function (one) {
      return [called(one[0]), one[1], one[2], moment(one[3])];
    }), watched("ministry") ? t("noFault") : t("noServer"));
    list("terminals", [["code", "wide"], ["state"], ["queue", "number"], ["unanswered", "number"], ["lastExchange"], ["operator"], ["lastFault", "wide"]], view.terminals.map(function (told) {
      var one = told.status;
      var state = !told.ok ? [t("silentSource")] : one.closed ? [t("closed")] : one.connected ? t("online") : [t("offline")];
      var fault = one.trouble || (one.last_fault ? one.last_fault.code + " " + moment(one.last_fault.at) : "");
      return [called(one.code), state, number(one.queue + one.waiting) + (one.answers ? t("ofAnswers").replace("#", number(one.answers)) : ""), number(one.unanswered), one.last_exchange ? moment(one.last_exchange) : t("never"), one.operator || t("noOperator"), fault || "—"];
    }), t("noTerminal"));
  }

  // --- the table -----------------------------------------------------------------------------------------
  function columns() {
    return COLUMNS.filter(function (field) {
      return OF_SERVER.indexOf(field) >= 0 ? watched("ministry") : OF_LINE.indexOf(field) >= 0 ? watched("lgwan") : true;
    });
  }
  function isNumber(field) { return ["code", "name", "state", "last"].indexOf(field) < 0; }
  function compared(one, other) {
    var at = AT[sorted.by], a = one[at], b = other[at];
    if (sorted.by === "state") { a = STATES.indexOf(a); b = STATES.indexOf(b); }
    if (sorted.by === "rate") { a = a === 0 ? Infinity : a; b = b === 0 ? Infinity : b; }
    // What nobody knows stands last, whichever way; who was never heard of has waited longest.
    if ((a === null) !== (b === null)) return a === null ? 1 : -1;
    var order = a === b ? 0 : a < b ? -1 : 1;
    if (!sorted.up) order = -order;
    return order || (one[0] < other[0] ? -1 : 1);
  }
  function cell(field, row) {
    var value = row[AT[field]], kind = isNumber(field) ? "number" : "";
    if (field === "state") {
      var text = t("states")[value] + (value === "outage" && row[AT.outage] ? " (" + row[AT.outage] + ")" : "");
      return make("td", {}, [make("i", {"class": "mark " + value}), text]);
    }
    if (field === "last") return make("td", {"class": value ? "" : "dim", title: value}, ago(value));
    if (field === "speed") return make("td", {"class": kind}, value === null ? "—" : scaled(value, "B/s"));
    if (field === "rate") return make("td", {"class": kind}, bits(value));
    if (field === "latency") return make("td", {"class": kind}, value === null ? "—" : value + " ms");
    if (field === "refused" || field === "stopped") kind += value ? " bad" : "";
    return make("td", {"class": kind}, kind ? number(value) : String(value));
  }
  function table() {
    var fields = columns(), wanted = find.trim().toLowerCase();
    if (fresh("head", [fields, sorted])) $("table").tHead.replaceChildren(make("tr", {}, fields.map(function (field) {
      var order = sorted.by === field ? (sorted.up ? "ascending" : "descending") : null;
      var label = field === "open" ? t("openHead") : t(field);
      return make("th", {scope: "col", "class": isNumber(field) ? "number" : "", "aria-sort": order}, make("button", {type: "button", "data-sort": field}, label));
    })));
    var found = Array.from(rows.values()).filter(function (row) {
      return (!filter || row[AT.state] === filter) && (!wanted || (row[AT.code] + " " + row[AT.name]).toLowerCase().indexOf(wanted) >= 0);
    }).sort(compared);
    var last = Math.max(0, Math.ceil(found.length / SHOWN) - 1);
    page = Math.min(page, last);
    var part = found.slice(page * SHOWN, page * SHOWN + SHOWN);
    body(part, fields);
    $("table").hidden = !found.length;
    $("none").hidden = !!found.length;
    $("none").textContent = rows.size ? t("noRow") : t("noMunicipality");
    $("count").textContent = number(found.length) + " " + t("of") + " " + number(rows.size) + t("cases");
    $("pages").hidden = last === 0;
    if (!fresh("pages", [page, last])) return;
    $("pages").replaceChildren(
      make("button", {type: "button", "data-page": -1, disabled: page === 0 ? "" : null}, t("before")),
      make("span", {}, t("page") + " " + (page + 1) + " / " + (last + 1)),
      make("button", {type: "button", "data-page": 1, disabled: page === last ? "" : null}, t("next"))
    );
  }
  function body(part, fields) {
    var place = $("table").tBodies[0], before = bodyRows;
    bodyRows = new Map();
    part.forEach(function (row, index) {
      var key = language + fields.length + JSON.stringify(row) + ago(row[AT.last]), old = before.get(row[AT.code]);
      var line = old && old.key === key ? old.line : make("tr", {"data-code": row[AT.code]}, fields.map(function (field) { return cell(field, row); }));
      bodyRows.set(row[AT.code], {key: key, line: line});
      if (place.children[index] !== line) place.insertBefore(line, place.children[index] || null);
    });
    while (place.children.length > part.length) place.lastElementChild.remove();
  }
  function filters(counts) {
    if (!fresh("filters", [counts, filter])) return;
    var focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.filter : undefined;
    $("filters").replaceChildren.apply($("filters"), [""].concat(STATES).map(function (state) {
      var label = state ? t("states")[state] + " " + number(counts[state] || 0) : t("all");
      return make("button", {type: "button", "data-filter": state, "aria-pressed": String(filter === state)}, label);
    }));
    if (focused !== undefined) {
      var again = $("filters").querySelector('[data-filter="' + focused + '"]');
      if (again) again.focus();
    }
  }

  // --- all together --------------------------------------------------------------------------------------
  function live() {
    var stale = !view || Date.now() - heardAt > SILENCE;
    $("live").className = "dot " + (view ? stale ? "no" : "yes" : "");
    $("stale").hidden = !view || !stale;
    if (view && stale) $("stale").textContent = t("stale") + moment(view.now);
    $("now").textContent = view ? view.now.slice(0, 10) + " " + clock(view.now) : "";
  }
  function draw(changed) {
    words();
    live();
    if (!view) return;
    var counts = tally();
    sources(); tiles(); charts(); lists(); legend(counts); filters(counts); table();
    if (changed) recolour(changed); else country();
  }
  function take(told) {
    view = told;
    heardAt = Date.now();
    if (told.whole) { rows = new Map(); points = []; }
    told.rows.forEach(function (row) { rows.set(row[AT.code], row); });
    points = points.concat(told.points).filter(function (point) { return point[0] >= Date.parse(told.now) * 1000 - MINUTES * 60e6; });
    draw(told.whole ? null : told.rows);
  }
  function speak() {
    language = /^#en/.test(location.hash) ? "en" : "ja";
    draw(null);
  }
  $("find").addEventListener("input", function () { find = $("find").value; page = 0; if (view) table(); });
  document.addEventListener("click", function (event) {
    var target = event.target.closest("[data-sort], [data-filter], [data-page], .cell");
    if (!target || !view) return;
    if (target.dataset.sort) {
      sorted = {by: target.dataset.sort, up: sorted.by === target.dataset.sort ? !sorted.up : !isNumber(target.dataset.sort)};
      table();
      $("table").querySelector('[data-sort="' + sorted.by + '"]').focus();
      return;
    }
    if (target.dataset.filter !== undefined) { filter = target.dataset.filter; page = 0; filters(tally()); }
    else if (target.dataset.page) page += +target.dataset.page;
    else { $("find").value = find = target.dataset.code; filter = ""; page = 0; filters(tally()); $("table").scrollIntoView({block: "center"}); }
    table();
  });
  window.addEventListener("hashchange", speak);
  setInterval(live, 1000);
  speak();
  new EventSource("/events").onmessage = function (event) { take(JSON.parse(event.data)); };
})();
