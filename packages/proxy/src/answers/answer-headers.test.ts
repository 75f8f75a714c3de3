import type { Deployment, EditReport } from "@darkroom/router";
import { reportHeaders, upstreamHeaders } from "./answer-headers.js";

const deployment: Deployment = {
  id: "primary",
  group: "edits",
  model: "gpt-image-1",
  apiBase: "https://user:secret@upstream.test/v1?key=secret",
  apiKey: "sk-secret",
  weight: 1,
};
const report: EditReport = {
  requestId: "req_1",
  requestedModel: "edits",
  group: "edits",
  deployment,
  attempts: [],
  retries: 1,
  fallbacks: 0,
  dropped: ["response_format"],
  cost: {
    nanoUsd: 12_945_000n,
    basis: "usage",
    breakdown: {
      inputText: 125_000n,
      inputImage: 1_940_000n,
      cached: 0n,
      outputImage: 10_880_000n,
      outputText: 0n,
    },
  },
  images: 1,
  upstreamMs: 40,
  waitedMs: 5,
  waits: [],
};
const timing = { durationMs: 100, pausesMs: 50 };

function asMap(list: readonly string[]): Map<string, string> {
  return new Map(list.flatMap((name, index) => (index % 2 === 0 ? [[name, list[index + 1] ?? ""]] : [])));
}

describe("the headers of a report", () => {
  it("tell LiteLLM's figures and our own, and leave waiting out of the overhead", () => {
    expect(Object.fromEntries(asMap(reportHeaders(report, timing)))).toEqual({
      "x-litellm-model-group": "edits",
      "x-litellm-attempted-retries": "1",
      "x-litellm-attempted-fallbacks": "0",
      "x-litellm-response-duration-ms": "100.000",
      "x-litellm-overhead-duration-ms": "5.000",
      "x-litellm-model-id": "primary",
      "x-litellm-model-api-base": "https://upstream.test/v1",
      "x-darkroom-deployment": "primary",
      "x-litellm-response-cost": "0.012945",
      "x-darkroom-dropped": "response_format",
    });
  });

  it("leave an unknown cost out", () => {
    expect(asMap(reportHeaders({ ...report, cost: null }, timing)).has("x-litellm-response-cost")).toBe(
      false,
    );
  });

  it("take names in any script", () => {
    const named = { ...report, group: "\u56fe\u50cf", deployment: { ...deployment, id: "\u4e00 \u53f7" } };
    const headers = asMap(reportHeaders(named, timing));
    expect(headers.get("x-litellm-model-group")).toBe(encodeURIComponent("\u56fe\u50cf"));
    expect(headers.get("x-darkroom-deployment")).toBe(encodeURIComponent("\u4e00 \u53f7"));
  });
});

describe("an upstream's headers", () => {
  it("come under a prefix, but for what belongs to the connection; what is about the bytes stays as it is", () => {
    const headers = {
      "content-type": "application/json",
      "content-length": "10",
      connection: "keep-alive",
      "set-cookie": ["a=b"],
      "x-request-id": "req_upstream",
    };
    expect(Object.fromEntries(asMap(upstreamHeaders({ status: 200, headers })))).toEqual({
      "content-type": "application/json",
      "llm_provider-content-type": "application/json",
      "llm_provider-x-request-id": "req_upstream",
    });
  });
});
