import { Gauge, Histogram, type Registry } from "prom-client";
import type { Books } from "../books/books.js";
import { readCounter } from "./read-counter.js";

/** A commit takes a fraction of a millisecond on a good disk, and seconds on one that is overloaded. */
const commitBucketsSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

/** The figures of journal and ledger; none has a label. */
export function bookMetrics(registry: Registry, books: Books): void {
  const registers = [registry];
  const commitSeconds = new Histogram({
    name: "darkroom_journal_commit_wait_seconds",
    help: "How long an attempt's intent or outcome took until it was on the disk.",
    buckets: commitBucketsSeconds,
    registers,
  });
  books.attempts.listen((waitedMs) => commitSeconds.observe(waitedMs / 1000));
  new Gauge({
    name: "darkroom_journal_writing",
    help: "1 while the journal is written; 0: it has stopped, and no edit is served.",
    registers,
    collect() {
      this.set(books.areOpen ? 1 : 0);
    },
  });
  readCounter(
    registry,
    "darkroom_journal_entries_total",
    "Entries that the journal has had since its file was made.",
    () => books.entries,
  );
  readCounter(
    registry,
    "darkroom_journal_lost_notes_total",
    "Rows of requests and refusals that were lost, since too many waited for the disk. No attempt is among them.",
    () => books.lostNotes,
  );
  new Gauge({
    name: "darkroom_ledger_applying",
    help: "1 while the journal is applied to the ledger; 0: the ledger cannot be written, and the journal keeps what it lacks.",
    registers,
    collect() {
      this.set(books.ledger.state.kind === "applying" ? 1 : 0);
    },
  });
  new Gauge({
    name: "darkroom_ledger_lag_entries",
    help: "Entries of the journal that are not in the ledger yet.",
    registers,
    collect() {
      this.set(books.ledger.lagEntries);
    },
  });
  new Gauge({
    name: "darkroom_ledger_set_aside_entries",
    help: "Entries of the journal that could not be applied since this process began; they are kept, to be looked at.",
    registers,
    collect() {
      this.set(books.ledger.setAsideCount);
    },
  });
  new Gauge({
    name: "darkroom_uncertain_usd",
    help: "What upstreams may have charged at most for attempts of which nobody knows, in US dollars.",
    registers,
    collect() {
      this.set(Number(books.uncertainNanoUsd) / 1e9);
    },
  });
  new Gauge({
    name: "darkroom_uncertain_attempts",
    help: "Attempts of which nobody knows what they cost.",
    registers,
    collect() {
      this.set(books.ledger.uncertain.attempts);
    },
  });
}
