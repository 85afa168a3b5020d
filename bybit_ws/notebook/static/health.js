// A dashboard: what matters in large, each socket in a line, the events of late.

const COLUMNS = [
  ["socket", (one, name) => name],
  ["state", (one) => one.state],
  ["for", (one) => (one.up === null ? "–" : passed(one.up))],
  ["api", (one) => one.api || "–"],
  ["streams", (one) => String(one.subscriptions)],
  ["messages", (one) => one.messages.toLocaleString("en-US")],
  ["rate", (one) => (one.rate === null ? "–" : short(one.rate) + " /s")],
  ["last", (one) => (one.last_message_age === null ? "–" : one.last_message_age.toFixed(1) + " s")],
  ["lag", (one) => span(one.lag)],
  ["ping", (one) => span(one.ping_round_trip)],
  ["queue", (one) => one.queued + (one.dropped ? ` − ${one.dropped}` : "")],
  ["reconnects", (one) => String(one.reconnects)],
];
const LEFT = 4;

function passed(seconds) {
  if (seconds < 60) return seconds + " s";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

function span(seconds) {
  if (seconds === null) return "–";
  const ms = Math.max(0, seconds * 1000);
  return ms < 1000 ? ms.toFixed(ms < 10 ? 1 : 0) + " ms" : (ms / 1000).toFixed(1) + " s";
}

function most(values) {
  const known = values.filter((value) => value !== null);
  return known.length ? Math.max(...known) : null;
}

function body(main, model) {
  const tiles = make("div", "tiles", main);
  const [rate, lag, reconnects, messages] = ["messages a second", "lag", "reconnects", "messages"].map((name) => {
    const tile = make("div", "tile", tiles);
    make("div", "name", tile, name);
    return make("div", "value", tile);
  });
  const svg = drawing("svg", { viewBox: "0 0 90 30", preserveAspectRatio: "none" });
  rate.parentElement.classList.add("wide");
  rate.parentElement.appendChild(svg);
  const area = drawing("path", { class: "area" }, svg), line = drawing("path", { class: "line" }, svg);
  const scroll = make("div", "scroll", main), table = make("table", "", scroll);
  const top = make("tr", "", make("thead", "", table));
  COLUMNS.forEach(([name], at) => make("th", at < LEFT ? "left" : "", top, name));
  const lines = make("tbody", "", table), events = make("div", "events", main);
  const sockets = new Map();
  const fit = fitting();

  return {
    update(frame) {
      if (!frame.sockets) return;
      const all = Object.values(frame.sockets), rates = frame.rates;
      say(rate, rates.length ? short(rates[rates.length - 1]) : "–");
      say(lag, span(most(all.map((one) => one.lag))));
      say(reconnects, String(all.reduce((sum, one) => sum + one.reconnects, 0)));
      say(messages, all.reduce((sum, one) => sum + one.messages, 0).toLocaleString("en-US"));
      const high = fit(Math.max(1, ...rates));
      const path = rates.map((one, at) => `${at ? "L" : "M"}${90 - rates.length + at + 1} ${(29 - (one / high) * 28).toFixed(2)}`);
      line.setAttribute("d", path.join(""));
      area.setAttribute("d", rates.length ? path.join("") + `V30H${90 - rates.length + 1}Z` : "");
      for (const [name, one] of Object.entries(frame.sockets)) {
        if (!sockets.has(name)) {
          const row = make("tr", "", lines);
          sockets.set(name, [row, COLUMNS.map((_, at) => make("td", at < LEFT ? "left" : "", row))]);
        }
        const [row, cells] = sockets.get(name);
        row.dataset.state = one.state;
        COLUMNS.forEach(([, text], at) => say(cells[at], text(one, name)));
      }
      const told = JSON.stringify(frame.events);
      if (events.dataset.told === told) return;
      events.dataset.told = told;
      events.replaceChildren();
      for (const [at, kind, socket, text] of frame.events) {
        const event = make("div", "event", events);
        make("span", "time", event, clock(at * 1000));
        make("span", "kind", event, kind);
        make("span", "socket", event, socket);
        make("span", "text", event, text).title = text;
      }
    },
  };
}
