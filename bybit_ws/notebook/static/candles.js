// Candles with their volumes, drawn by TradingView's Lightweight Charts.

const FIRST = 40; // so many candles have room from the first; they grow from left to right

const UP = "#0f9d7a", DOWN = "#e5484d";

// Its colours have to be told to a canvas: those of the page, and again when the theme changes.
function colours(element) {
  const style = getComputedStyle(element);
  const line = style.getPropertyValue("--line").trim() || "rgba(128,128,128,.25)";
  return {
    layout: {
      background: { color: "transparent" },
      textColor: style.color,
      fontFamily: style.fontFamily,
      fontSize: 11,
    },
    grid: { vertLines: { color: line }, horzLines: { color: line } },
    rightPriceScale: { borderColor: line },
    timeScale: { borderColor: line },
  };
}

function body(main, model) {
  const { createChart, CandlestickSeries, HistogramSeries } = window.LightweightCharts;
  const legend = make("div", "legend", main);
  const box = make("div", "candles", main);
  box.style.height = model.get("options").height + "px";
  const chart = createChart(box, {
    autoSize: true,
    ...colours(main),
    crosshair: { mode: 0 },
    timeScale: { timeVisible: true, secondsVisible: false, rightOffset: 3, barSpacing: 9, ...colours(main).timeScale },
    handleScroll: { mouseWheel: false, pressedMouseMove: true }, // the wheel scrolls the notebook
    handleScale: { mouseWheel: false, pinch: true, axisPressedMouseMove: true },
  });
  const candles = chart.addSeries(CandlestickSeries, {
    upColor: UP, downColor: DOWN, wickUpColor: UP, wickDownColor: DOWN, borderVisible: false,
  });
  const volumes = chart.addSeries(HistogramSeries, {
    priceScaleId: "volume", priceFormat: { type: "volume" }, lastValueVisible: false, priceLineVisible: false,
  });
  chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
  candles.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.24 } });

  chart.applyOptions({ localization: { priceFormatter: (price) => grouped(price.toFixed(digits || 0)) } });

  const candle = ([time, open, high, low, close]) => ({ time, open, high, low, close });
  const volume = ([time, open, , , close, value]) => ({ time, value, color: (close >= open ? UP : DOWN) + "70" });
  const told = ([, open, high, low, close, value], digits) => {
    const change = Number(((close / open - 1) * 100).toFixed(2));
    const parts = [["O", open], ["H", high], ["L", low], ["C", close]].map(([name, one]) => `${name} ${grouped(one.toFixed(digits))}`);
    return `${parts.join("   ")}   ${change < 0 ? "−" : "+"}${Math.abs(change).toFixed(2)} %   V ${short(value)}`;
  };
  let drawn = null, digits = null, pointed = null, all = [];
  const show = () => {
    const one = (pointed && all.find((known) => known[0] === pointed)) || all[all.length - 1];
    if (!one) return;
    say(legend, told(one, digits || 0));
    legend.dataset.way = one[4] >= one[1] ? "up" : "down";
  };
  chart.subscribeCrosshairMove((at) => {
    pointed = at.time || null;
    show();
  });
  const watch = new MutationObserver(() => chart.applyOptions(colours(main)));
  watch.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name", "class"] });

  return {
    update(frame) {
      if (!frame.candle) return;
      all = [...model.get("history").filter((one) => one[0] < frame.candle[0]), frame.candle];
      if (digits !== frame.decimals) {
        digits = frame.decimals;
        candles.applyOptions({ priceFormat: { type: "price", precision: digits, minMove: 10 ** -digits } });
      }
      if (drawn === null) {
        candles.setData(all.map(candle));
        volumes.setData(all.map(volume));
      } else {
        for (const one of all.filter((known) => known[0] >= drawn)) {
          candles.update(candle(one));
          volumes.update(volume(one));
        }
      }
      if (all.length < FIRST && drawn !== frame.candle[0]) chart.timeScale().setVisibleLogicalRange({ from: -1.5, to: FIRST });
      drawn = frame.candle[0];
      show();
    },
    remove() {
      watch.disconnect();
      chart.remove();
    },
  };
}
