// A ladder, asks above bids, beside a depth chart.

const WIDE = 1000, HIGH = 500;

function body(main, model) {
  const { levels, depth } = model.get("options");
  const ladder = make("div", "ladder", main);
  const titles = make("div", "row titles", ladder);
  for (const name of ["total", "quantity", "price"]) make("span", "", titles, name);
  const rows = (kind) => Array.from({ length: levels }, () => rung(make("div", "row " + kind, ladder)));
  const asks = rows("ask").reverse();
  const middle = make("div", "middle", ladder);
  const mid = make("span", "mid", middle), spread = make("span", "spread", middle);
  const bids = rows("bid");
  const chart = depthChart(make("div", "chart", main));
  const fit = fitting();

  return {
    update(frame) {
      if (!frame.bids) return;
      const sides = [summed(frame.bids), summed(frame.asks)];
      const most = fit(Math.max(...sides.map((side) => (side.slice(0, levels).pop() || { total: 0 }).total)));
      fill(bids, sides[0], most);
      fill(asks, sides[1], most);
      const [bid, ask] = sides.map((side) => side[0]);
      const digits = ((bid || ask || { price: "" }).price.split(".")[1] || "").length;
      const half = bid && ask ? (Number(bid.price) + Number(ask.price)) / 2 : null;
      say(mid, half === null ? "one side is empty" : grouped(half.toFixed(digits + 1).replace(/0$/, "")));
      say(spread, frame.spread && "spread " + grouped(frame.spread));
      chart.update(sides[0].slice(0, depth), sides[1].slice(0, depth), half, digits);
    },
  };
}

function rung(row) {
  const parts = ["total", "quantity", "price"].map((name) => make("span", name, row));
  return { row, parts };
}

function summed(side) {
  let total = 0;
  const places = Math.max(0, ...side.map(([, quantity]) => (quantity.split(".")[1] || "").length));
  return side.map(([price, quantity]) => {
    total += Number(quantity);
    return { price, quantity, total, told: total.toFixed(places) };
  });
}

function fill(rungs, side, most) {
  rungs.forEach(({ row, parts }, at) => {
    const level = side[at];
    const texts = level ? [level.told, level.quantity, level.price].map(grouped) : ["", "", ""];
    parts.forEach((part, index) => say(part, texts[index]));
    row.style.setProperty("--total", level ? ((level.total / most) * 100).toFixed(1) + "%" : "0%");
    row.style.setProperty("--quantity", level ? ((Number(level.quantity) / most) * 100).toFixed(1) + "%" : "0%");
  });
}

function depthChart(parent) {
  const svg = drawing("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none" }, parent);
  for (const share of [0.25, 0.5, 0.75])
    drawing("path", { class: "grid", d: `M0 ${HIGH * share}H${WIDE}` }, svg);
  const bidArea = drawing("path", { class: "bid area" }, svg), askArea = drawing("path", { class: "ask area" }, svg);
  const bidLine = drawing("path", { class: "bid line" }, svg), askLine = drawing("path", { class: "ask line" }, svg);
  drawing("path", { class: "centre", d: `M${WIDE / 2} 0V${HIGH}` }, svg);
  const prices = ["low", "centre", "high"].map((name) => make("span", "price " + name, parent));
  const totals = [0.25, 0.5, 0.75].map((share) => {
    const made = make("span", "amount", parent);
    made.style.top = share * 100 + "%";
    return made;
  });
  const cursor = make("div", "cursor", parent), tip = make("div", "tip", parent);
  cursor.hidden = tip.hidden = true;
  const fitTotal = fitting(), fitSpan = fitting();
  let last = null, pointer = null;

  const steps = (side, x, y) => {
    let path = "", height = HIGH;
    for (const level of side) {
      path += `${path ? "H" : "M"}${x(Number(level.price)).toFixed(1)}${path ? "" : " " + HIGH}`;
      height = y(level.total).toFixed(1);
      path += `V${height}`;
    }
    return path;
  };
  const point = () => {
    cursor.hidden = tip.hidden = true;
    if (pointer === null || !last) return;
    const price = last.half + (pointer - 0.5) * 2 * last.span, bid = price < last.half;
    const reached = (bid ? last.bids : last.asks).filter((one) => (bid ? one.price >= price : one.price <= price)).pop();
    if (!reached) return;
    cursor.hidden = tip.hidden = false;
    cursor.style.left = pointer * 100 + "%";
    tip.className = "tip " + (pointer > 0.5 ? "left" : "right");
    tip.style.left = pointer * 100 + "%";
    say(tip, `${grouped(reached.price)} · ${short(reached.total)}`);
  };
  parent.onmousemove = (event) => {
    const box = svg.getBoundingClientRect();
    pointer = (event.clientX - box.left) / box.width;
    point();
  };
  parent.onmouseleave = () => {
    pointer = null;
    point();
  };

  return {
    update(bids, asks, half, digits) {
      if (half === null) return;
      const reach = Math.max(half - Number(bids[bids.length - 1].price), Number(asks[asks.length - 1].price) - half);
      const span = fitSpan(reach) / 1.15 || 1;
      const top = round(fitTotal(Math.max(bids[bids.length - 1].total, asks[asks.length - 1].total)));
      const x = (price) => WIDE / 2 + ((price - half) / span) * (WIDE / 2), y = (total) => HIGH - (total / top) * HIGH;
      for (const [side, area, line, edge] of [[bids, bidArea, bidLine, 0], [asks, askArea, askLine, WIDE]]) {
        const path = steps(side, x, y) + `H${edge}`;
        line.setAttribute("d", path);
        area.setAttribute("d", path + `V${HIGH}Z`);
      }
      [half - span, half, half + span].forEach((price, at) => say(prices[at], grouped(price.toFixed(digits + (at === 1)))));
      [0.75, 0.5, 0.25].forEach((share, at) => say(totals[at], short(top * share)));
      last = { bids, asks, half, span };
      point();
    },
  };
}
