import { DirectoryUnavailableError } from "../authentication/remembered.js";
import { Directory } from "../directory/directory.js";
import { removeTemporaryFolders, temporaryFolder } from "../journal/journal-folder.test.support.js";
import { NamedPayers, type NamedPayersOptions } from "./named-payers.js";

const author = { createdAtMs: 0, createdBy: "test", updatedAtMs: 0, updatedBy: "test" };

let directory: Directory;

beforeEach(() => {
  directory = Directory.open({ folder: temporaryFolder() });
});
afterEach(() => directory.close());
afterAll(removeTemporaryFolders);

const payers = (options: Partial<NamedPayersOptions> = {}) => new NamedPayers({ directory, ...options });
const addBudget = (budgetId: string, maxBudgetNanoUsd: bigint) =>
  directory.change("test", (change) =>
    change.budgets.add({ budgetId, limits: { maxBudgetNanoUsd, budgetDuration: "1d" }, ...author }),
  );
const addCustomer = (customerId: string, given: object = {}) =>
  directory.change("test", (change) =>
    change.customers.add({ customerId, blocked: false, limits: {}, ...given, ...author }),
  );

it("gives whoever is in no directory the defaults", async () => {
  await addBudget("everybody", 3n);
  expect(await payers().customer("zoe")).toEqual(
    expect.objectContaining({ id: "zoe", blocked: false, limits: {} }),
  );
  const limited = payers({ customerLimits: { maxBudgetNanoUsd: 9n, rpm: 1 }, customerBudgetId: "everybody" });
  expect((await limited.customer("zoe")).limits).toEqual({
    maxBudgetNanoUsd: 3n,
    budgetDuration: "1d",
    rpm: 1,
  });
  expect(await payers().tag("blue")).toEqual(expect.objectContaining({ id: "blue", limits: {} }));
});

it("has own limits before a reusable budget, and that before the defaults", async () => {
  await addBudget("small", 2n);
  await addCustomer("own", { limits: { maxBudgetNanoUsd: 1n }, budgetId: "small", alias: "Own" });
  await addCustomer("reusing", { budgetId: "small", defaultModel: "house" });
  const named = payers({ customerLimits: { maxBudgetNanoUsd: 9n, rpm: 5 } });
  expect(await named.customer("own")).toMatchObject({
    alias: "Own",
    limits: { maxBudgetNanoUsd: 1n, rpm: 5 },
  });
  expect((await named.customer("own")).limits.budgetDuration).toBeUndefined();
  expect(await named.customer("reusing")).toMatchObject({
    defaultModel: "house",
    limits: { maxBudgetNanoUsd: 2n, budgetDuration: "1d" },
  });
});

it("knows at once of a block, of a new budget, and of a changed one", async () => {
  await addBudget("small", 2n);
  const named = payers();
  await named.customer("zoe");
  await addCustomer("zoe", { blocked: true, budgetId: "small" });
  expect(await named.customer("zoe")).toMatchObject({ blocked: true, limits: { maxBudgetNanoUsd: 2n } });
  await directory.change("test", async (change) =>
    change.budgets.replace({ ...(await change.budgets.existing("small")), limits: { rpm: 1 } }),
  );
  expect((await named.customer("zoe")).limits).toEqual({ rpm: 1 });
  await named.tag("blue");
  await directory.change("test", (change) =>
    change.tags.add({ name: "blue", limits: { rpm: 2 }, ...author }),
  );
  expect((await named.tag("blue")).limits).toEqual({ rpm: 2 });
});

it("serves nobody as unlimited because the directory cannot be asked", async () => {
  const named = payers();
  await directory.close();
  await expect(named.customer("zoe")).rejects.toThrow(DirectoryUnavailableError);
  directory = Directory.open({ folder: temporaryFolder() });
});
