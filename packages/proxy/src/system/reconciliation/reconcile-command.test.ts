import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Reports } from "@darkroom/accounts";
import { startGateway } from "../running-gateway.js";
import { RunningProcess, stopAll } from "../running-process.js";
import type { RunningSimulator } from "../running-simulator.js";
import { reconciledConfig } from "./reconciled-config.js";
import { startReconciledSimulator } from "./reconciled-system.js";
import { sendEdits } from "./told-edits.js";
import { variedEdits } from "./varied-edits.js";

/** Everything goes wrong that can, and the gateway is killed in the middle; then the bill comes. */
const edits = variedEdits(3, 160);
const folder = mkdtempSync(join(tmpdir(), "darkroom-reconciled-"));
let simulator: RunningSimulator;
let billNanoUsd: bigint;

async function darkroom(...flags: readonly string[]) {
  const running = new RunningProcess({
    program: "proxy/dist/main.js",
    arguments: [...flags, "--data-dir", folder],
  });
  const { code } = await running.ended;
  const result = { code, printed: running.standardOutput.trim(), said: running.standardError.trim() };
  await running.stop();
  return result;
}

interface Reconciled {
  readonly rows: readonly Readonly<Record<string, string>>[];
  readonly differences: readonly unknown[];
  readonly settlements: readonly {
    readonly attemptId: string;
    readonly costNanoUsd: string;
    readonly note: string;
  }[];
  readonly settled: number;
  readonly stillUncertain: number;
}

async function reconciled(bill: string, ...flags: readonly string[]): Promise<Reconciled> {
  const { code, printed, said } = await darkroom("reconcile", bill, ...flags, "--json");
  if (code !== 0) throw new Error(said);
  return JSON.parse(printed) as Reconciled;
}

async function sums() {
  const reports = Reports.ofFolder(folder);
  try {
    return await reports.sum({});
  } finally {
    await reports.close();
  }
}

beforeAll(async () => {
  simulator = await startReconciledSimulator(3, edits);
  const start = () =>
    startGateway({ config: reconciledConfig(simulator.url), arguments: ["--data-dir", folder] });
  const first = await start();
  // Its clients get no answer any more, and what is under way then is recovered as uncertain.
  let told = 0;
  const lost = sendEdits(first.url, edits.slice(0, 80), 8, () => {
    told += 1;
    if (told === 60) first.process.kill("SIGKILL");
  });
  await expect(lost).rejects.toThrow();
  await first.running.ended;
  const second = await start();
  await sendEdits(second.url, edits.slice(80), 8);
  second.process.kill("SIGTERM");
  await second.running.ended;
  billNanoUsd = BigInt((await simulator.bill()).totals.overall.nanoUsd);
}, 120_000);

afterAll(async () => {
  await stopAll();
  rmSync(folder, { recursive: true, force: true });
});

const bill = (): string => `${simulator.url}/_simulator/bill`;
const exact = ["--since", "1h", "--until", "2099-01-01", "--tolerance", "1"];

test("without --apply nothing is settled", async () => {
  await darkroom("ledger", "sum");
  const before = await sums();
  expect(before.uncertainRows).toBeGreaterThan(5);
  expect(before.certainNanoUsd).toBeLessThan(billNanoUsd);
  const tried = await reconciled(bill(), ...exact);
  expect(tried.settlements).toHaveLength(before.uncertainRows);
  expect(tried).toMatchObject({ settled: 0, stillUncertain: 0 });
  expect(await sums()).toEqual(before);
});

test("a bill of lines makes what is certain just the bill, each settlement with its evidence", async () => {
  const applied = await reconciled(bill(), ...exact, "--apply");
  expect(applied.differences).toEqual([]);
  expect(applied.settled).toBe(applied.settlements.length);
  const after = await sums();
  expect(after).toMatchObject({ certainNanoUsd: billNanoUsd, uncertainRows: 0, uncertainNanoUsd: 0n });

  const notes = applied.settlements.map(({ note }) =>
    note.replace(/req_\w+/, "ID").replace(/one of \d+/, "one of N"),
  );
  expect(notes).toEqual(expect.arrayContaining(["by the bill's line ID", "the bill has no line for it"]));
  const [one] = applied.settlements;
  const { printed } = await darkroom("ledger", "list", "--json", "--limit", "1000");
  const rows = (JSON.parse(printed) as { rows: Record<string, string>[] }).rows;
  const settled = rows.find((row) => row["attempt_id"] === one?.attemptId);
  const explained = await darkroom("ledger", "explain", String(settled?.["request_id"]), "--json");
  expect(explained.printed).toContain(`reconciled: ${String(one?.note)}`);
});

test("once more, there is nothing to settle and nothing differs", async () => {
  const again = await reconciled(bill(), ...exact, "--apply");
  expect(again).toMatchObject({ differences: [], settlements: [], settled: 0 });
  const { printed } = await darkroom("reconcile", bill(), ...exact);
  expect(printed).toContain("The books and the bill agree.");
});

test("a bill that says something else is told, line by line", async () => {
  const { lines } = await simulator.bill();
  const [first, second, ...others] = lines;
  const changed = { ...second, nanoUsd: (BigInt(second?.nanoUsd ?? 0) + 1n).toString() };
  const stranger = { ...first, requestId: "req_stranger", nanoUsd: "5" };
  const file = join(folder, "bill.json");
  writeFileSync(file, JSON.stringify({ lines: [changed, stranger, ...others, ...others.slice(0, 1)] }));
  const { differences } = await reconciled(file, ...exact);
  expect(differences).toContainEqual(
    expect.objectContaining({ kind: "not in the ledger", requestId: "req_stranger", billNanoUsd: "5" }),
  );
  expect(differences).toContainEqual(
    expect.objectContaining({ kind: expect.stringMatching("another amount|not on the bill") }),
  );
  // What stands on the bill twice was made once.
  const [doubled] = others;
  expect(differences).toContainEqual(
    expect.objectContaining({ kind: "not in the ledger", requestId: doubled?.requestId }),
  );
  // First is missing, the second is another, the stranger is nobody's.
  expect(differences.length).toBeGreaterThanOrEqual(4);
  const { printed } = await darkroom("reconcile", file, ...exact);
  expect(printed).toContain("The bill and the books differ by");
});

test("what is no bill is refused", async () => {
  const file = join(folder, "no-bill.json");
  writeFileSync(file, "{}");
  const { code, said } = await darkroom("reconcile", file);
  expect([code, said]).toEqual([1, expect.stringContaining("neither 'lines'")]);
  expect(await darkroom("reconcile", join(folder, "missing"))).toMatchObject({ code: 1 });
});
