import type { ImagePrice, PriceSource, PriceTable, TokenPrices } from "./price-table.js";

const priceMap: PriceSource = { from: "LiteLLM's price map", date: "2026-08-06" };
const modelPage: PriceSource = { from: "OpenAI's page of gpt-image-2.6-sunburst", date: "2026-11" };
const byFamily = "not seen on OpenAI's own page; the rates are those of its family";
const calculator: PriceSource = {
  from: "the token formula of OpenAI's calculator, published on its forum, at 30 USD a million",
  date: "2026-11-23",
  doubt: "an estimate; the bill follows the usage",
};

/** The rates that every model from gpt-image-2 on shares so far. */
const secondGeneration = {
  textInput: perMillion("5"),
  cachedTextInput: perMillion("1.25"),
  imageInput: perMillion("8"),
  cachedImageInput: perMillion("2"),
  imageOutput: perMillion("30"),
};

const firstGeneration = {
  textInput: perMillion("5"),
  cachedTextInput: perMillion("1.25"),
  imageInput: perMillion("10"),
  cachedImageInput: perMillion("2.5"),
  imageOutput: perMillion("40"),
};

/**
 * The published list prices. Cached image input is from the price map of 2026-03-15, which later copies lack, and for
 * gpt-image-2 from the page of its successor.
 */
export const listPrices: PriceTable = new Map([
  [
    "dall-e-2",
    {
      images: bySize(["0.016", "0.018", "0.02"], {
        from: "OpenAI's list price; the price map's figures per pixel round to it",
        date: "2026-05",
        doubt: "the model was removed in May 2026",
      }),
    },
  ],
  [
    "gpt-image-1",
    {
      tokens: { ...firstGeneration, source: priceMap },
      images: [
        ...byShape("low", ["0.011", "0.016", "0.016"], priceMap),
        ...byShape("medium", ["0.042", "0.063", "0.063"], priceMap),
        ...byShape("high", ["0.167", "0.25", "0.25"], priceMap),
      ],
    },
  ],
  [
    "gpt-image-1-mini",
    {
      tokens: {
        textInput: perMillion("2"),
        cachedTextInput: perMillion("0.2"),
        imageInput: perMillion("2.5"),
        cachedImageInput: perMillion("0.25"),
        imageOutput: perMillion("8"),
        source: priceMap,
      },
      images: [
        ...byShape("low", ["0.005", "0.006", "0.006"], priceMap),
        ...byShape("medium", ["0.011", "0.015", "0.015"], priceMap),
        ...byShape("high", ["0.036", "0.052", "0.052"], {
          from: "a third-party table",
          date: "2026-11-23",
          doubt: "one table only, where it stands under another heading",
        }),
      ],
    },
  ],
  [
    "gpt-image-1.5",
    {
      tokens: {
        textInput: perMillion("5"),
        cachedTextInput: perMillion("1.25"),
        imageInput: perMillion("8"),
        cachedImageInput: perMillion("2"),
        imageOutput: perMillion("32"),
        textOutput: perMillion("10"),
        source: priceMap,
      },
      images: [
        ...byShape("low", ["0.009", "0.013", "0.013"], priceMap),
        ...byShape("medium", ["0.034", "0.05", "0.05"], priceMap),
        ...byShape("high", ["0.133", "0.2", "0.2"], priceMap),
      ],
    },
  ],
  [
    "gpt-image-2",
    {
      tokens: { ...secondGeneration, textOutput: perMillion("10"), source: priceMap },
      images: [
        ...byShape("low", ["0.00588", "0.00474", "0.00474"], calculator),
        ...byShape("medium", ["0.05268", "0.04116", "0.04116"], calculator),
        ...byShape("high", ["0.21072", "0.16464", "0.16464"], calculator),
      ],
    },
  ],
  ["gpt-image-2.5-flare", { tokens: secondGenerationFrom("third-party guides", "2026-09-09") }],
  ["gpt-image-2.5-sunburst", { tokens: secondGenerationFrom("third-party guides", "2026-09-09") }],
  ["gpt-image-2.6-flare", { tokens: secondGenerationFrom("a third-party guide", "2026-11-05") }],
  ["gpt-image-2.6-sunburst", { tokens: { ...secondGeneration, source: modelPage } }],
  [
    "chatgpt-image-latest",
    {
      tokens: {
        ...firstGeneration,
        source: { ...priceMap, doubt: "OpenAI may charge the rates of gpt-image-1.5" },
      },
    },
  ],
]);

/** The unit of OpenAI's price pages, turned into dollars for one token. */
function perMillion(usd: string): string {
  return `${usd}e-6`;
}

function secondGenerationFrom(from: string, date: string): TokenPrices {
  return { ...secondGeneration, source: { from, date, doubt: byFamily } };
}

type ThreePrices = readonly [string, string, string];

/** Prices of 256x256, 512x512 and 1024x1024. */
function bySize([small, medium, large]: ThreePrices, source: PriceSource): ImagePrice[] {
  return [
    { size: "256x256", usd: small, source },
    { size: "512x512", usd: medium, source },
    { size: "1024x1024", usd: large, source },
  ];
}

/** Prices of a quality as a square, portrait and landscape image. */
function byShape(
  quality: string,
  [square, portrait, landscape]: ThreePrices,
  source: PriceSource,
): ImagePrice[] {
  return [
    { quality, size: "1024x1024", usd: square, source },
    { quality, size: "1024x1536", usd: portrait, source },
    { quality, size: "1536x1024", usd: landscape, source },
  ];
}
