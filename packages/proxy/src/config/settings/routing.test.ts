import { oneModel, TestFolder } from "../config-folder.test.support.js";

let folder: TestFolder;
beforeEach(() => {
  folder = new TestFolder();
});
afterEach(() => folder.remove());

const routerOf = (settings: string) => folder.load(`${oneModel}${settings}`).router;

it.each<[string, object]>([
  ["router_settings: {routing_strategy: simple-shuffle}", { strategy: "simple-shuffle" }],
  ["router_settings: {routing_strategy: least-busy}", { strategy: "least-busy" }],
  ["router_settings: {routing_strategy: usage-based-routing}", { strategy: "usage-based-routing" }],
  ["router_settings: {routing_strategy: usage-based-routing-v2}", { strategy: "usage-based-routing-v2" }],
  ["router_settings: {routing_strategy: two-choices}", { strategy: "two-choices" }],
  ["litellm_settings: {routing_strategy: cost-based-routing}", { strategy: "cost-based-routing" }],
  [
    "router_settings: {routing_strategy: latency-based-routing, routing_strategy_args: {ttl: 60, lowest_latency_buffer: 0.5, max_latency_list_size: 5}}",
    { strategy: "latency-based-routing", latency: { ttlMs: 60_000, lowestLatencyBuffer: 0.5 } },
  ],
  ["router_settings: {enable_tag_filtering: true}", { tagFilter: { matchAny: true } }],
  [
    "router_settings: {enable_tag_filtering: true, tag_filtering_match_any: false}",
    { tagFilter: { matchAny: false } },
  ],
])("%s", (settings, expected) => {
  expect(routerOf(settings)).toMatchObject(expected);
  expect(folder.warningsOf(`${oneModel}${settings}`)).toEqual([]);
});

it.each(["", "router_settings: {enable_tag_filtering: false, routing_strategy: }"])(
  "'%s' leaves it to the router's defaults",
  (settings) => {
    const router = routerOf(settings);
    for (const name of ["strategy", "latency", "tagFilter", "aliases"])
      expect(router).not.toHaveProperty(name);
  },
);

it.each([
  [
    "router_settings: {routing_strategy: fastest}",
    'routing_strategy: expected one of simple-shuffle, least-busy, latency-based-routing, cost-based-routing, usage-based-routing, usage-based-routing-v2, two-choices, got "fastest"',
  ],
  ["router_settings: {routing_strategy_args: {lowest_latency_bufer: 1}}", "routing_strategy_args"],
  ["router_settings: {routing_strategy_args: {ttl: 0}}", "ttl: expected a number above 0"],
  [
    "router_settings: {enable_tag_filtering: os.environ/UNSET}",
    "enable_tag_filtering: the environment variable UNSET is not set",
  ],
])("%s is refused", (settings, expected) => {
  expect(folder.errorOf(`${oneModel}${settings}`)).toContain(expected);
});

it("says where weights count more than the strategy", () => {
  const yaml = `model_list:
  - {model_name: edits, litellm_params: {model: gpt-image-2, weight: 3}}
  - {model_name: edits, litellm_params: {model: gpt-image-1}}
router_settings: {routing_strategy: least-busy}
`;
  expect(folder.warningsOf(yaml)).toEqual([
    "the weights of edits decide its shares, and not the routing_strategy least-busy",
  ]);
});
