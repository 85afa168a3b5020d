// A tape: the newest trade on top, wider where more was traded.

function body(main, model) {
  const { rows } = model.get("options");
  const tape = make("div", "tape", main);
  const titles = make("div", "row titles", tape);
  for (const name of ["time (UTC)", "side", "price", "quantity"]) make("span", "", titles, name);
  const list = make("div", "list", tape);
  list.style.minHeight = `calc(${rows} * var(--row))`;
  const known = new Map();
  const fit = fitting();
  let first = true;

  return {
    update(frame) {
      const trades = frame.trades || [];
      const most = fit(Math.max(0, ...trades.map((trade) => Number(trade[4]))));
      const here = new Set(trades.map((trade) => trade[0]));
      for (const [number, row] of known)
        if (!here.has(number)) {
          row.remove();
          known.delete(number);
        }
      for (const [number, time, bought, price, quantity] of [...trades].reverse()) {
        let row = known.get(number);
        if (!row) {
          row = make("div", `row ${bought ? "bid" : "ask"}${first ? "" : " fresh"}`);
          for (const text of [clock(time, 3), bought ? "buy" : "sell", grouped(price), grouped(quantity)])
            make("span", "", row, text);
          known.set(number, row);
          list.prepend(row);
        }
        row.style.setProperty("--total", ((Number(quantity) / most) * 100).toFixed(1) + "%");
      }
      first = !trades.length;
    },
  };
}
