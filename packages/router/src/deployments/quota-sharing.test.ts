import type { Deployment } from "./deployment.js";
import { QuotaSharing, type SharedOrganisationEvent } from "./quota-sharing.js";
import { Quotas } from "./quotas.js";

const deployment = (id: string, said: Partial<Deployment> = {}): Deployment => ({
  id,
  group: "edits",
  model: "gpt-image-1",
  apiBase: "https://api.openai.com/v1",
  apiKey: `sk-${id}`,
  ...said,
});

function sharingOf(...deployments: readonly Deployment[]) {
  const told: SharedOrganisationEvent[] = [];
  const quotas = new Quotas(deployments, { guardMs: 250 });
  const sharing = new QuotaSharing(deployments, quotas, (event) => told.push(event));
  const ids = (those: readonly Deployment[]) => those.map(({ id }) => id);
  return {
    told,
    answered: (id: string, organization?: string) => sharing.noteOrganization({ id }, organization),
    organisationOf: (id: string) => ids(sharing.sharesOrganisation({ id })),
    limitsOf: (id: string) => ids(sharing.sharesLimits(deployments.find((it) => it.id === id)!)),
  };
}

describe("two quotas that answer with one organisation", () => {
  it("are told of once, by name", () => {
    const { told, answered } = sharingOf(
      deployment("a", { quota: "first" }),
      deployment("b", { quota: "second" }),
      deployment("c", { quota: "second" }),
    );
    answered("a", "org-x");
    answered("b", "org-y");
    expect(told).toEqual([]);
    for (let turn = 0; turn < 2; turn += 1) for (const id of ["a", "b", "c"]) answered(id, "org-x");
    expect(told).toEqual([{ organization: "org-x", model: "gpt-image-1", quotas: ["first", "second"] }]);
    answered("b", "org-y");
    answered("b", "org-x");
    expect(told).toHaveLength(1);
  });

  it.each<[string, Partial<Deployment>, Partial<Deployment>]>([
    ["of other models: each has limits of its own", {}, { model: "gpt-image-2" }],
    ["of a wildcard: nobody knows which model", { model: "gpt-*" }, { model: "gpt-*" }],
    ["that are one quota", { quota: "house" }, { quota: "house" }],
  ])("are not told of, %s", (_, first, second) => {
    const { told, answered } = sharingOf(deployment("a", first), deployment("b", second));
    for (const id of ["a", "b"]) answered(id, "org-x");
    expect(told).toEqual([]);
  });
});

describe("what shares an organisation", () => {
  it("is what the configuration shows: one quota, or one key", () => {
    const { organisationOf, limitsOf } = sharingOf(
      deployment("a", { quota: "house" }),
      deployment("b", { quota: "house" }),
      deployment("c", { apiKey: "sk-a", model: "gpt-image-2" }),
      deployment("d", { apiKey: "sk-a", apiBase: "https://elsewhere.test/v1" }),
    );
    expect(organisationOf("a")).toEqual(["a", "b", "c"]);
    expect(limitsOf("a")).toEqual(["a", "b"]);
    expect(organisationOf("d")).toEqual(["d"]);
  });

  it("is what answers show, for as long as they do", () => {
    const { answered, organisationOf, limitsOf } = sharingOf(
      deployment("a"),
      deployment("b"),
      deployment("c", { model: "openai/gpt-image-1" }),
      deployment("d", { model: "gpt-image-2" }),
    );
    expect(organisationOf("a")).toEqual(["a"]);
    for (const id of ["a", "c", "d"]) answered(id, "org-x");
    answered("b", "org-y");
    answered("a", undefined);
    answered("unknown", "org-x");
    expect(organisationOf("a")).toEqual(["a", "c", "d"]);
    expect(limitsOf("a")).toEqual(["a", "c"]);
    answered("c", "org-y");
    expect(organisationOf("a")).toEqual(["a", "d"]);
  });
});
