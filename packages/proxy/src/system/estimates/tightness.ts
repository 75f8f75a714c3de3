import { listedModels, type VariedEdit } from "../reconciliation/varied-edits.js";
import type { MeasuredEdit } from "./measured-edits.js";

/** Estimate ÷ bill over some edits. */
export interface Ratios {
  readonly edits: number;
  readonly mean: number;
  readonly most: number;
}

/** How tight the estimates of a model are. */
export interface Tightness {
  readonly model: string;
  /** `tokens`, `images`, `ceiling`: all that occurred. */
  readonly bases: readonly string[];
  readonly all: Ratios;
  /** Of requests that name size and quality, and whose images can be read. */
  readonly explicit: Ratios;
}

export function tightnessOf(measured: readonly MeasuredEdit[]): Tightness[] {
  return listedModels.map((model) => {
    const own = measured.filter(({ edit }) => edit.group === model);
    return {
      model,
      bases: [...new Set(own.map(({ estimate }) => estimate?.basis ?? "none"))].sort(),
      all: ratiosOf(own),
      explicit: ratiosOf(own.filter(({ edit }) => isExplicit(edit))),
    };
  });
}

/** Edits without an estimate, or with one below their bill: there must be none. */
export function uncovered(measured: readonly MeasuredEdit[]): string[] {
  return measured
    .filter(({ estimate, billed }) => estimate === null || estimate.nanoUsd < billed)
    .map(({ edit: { id, group }, estimate, billed }) => {
      return `${id} of ${group}: estimated ${estimate === null ? "not at all" : String(estimate.nanoUsd)}, billed ${String(billed)}`;
    });
}

function isExplicit({ fields: { size, quality }, group, pictures }: VariedEdit): boolean {
  const isNamed = (value: unknown): boolean => value !== undefined && value !== "auto";
  // dall-e-2 has one quality.
  const choices = group === "dall-e-2" ? [size] : [size, quality];
  return choices.every(isNamed) && pictures.every(({ type }) => type !== "file");
}

function ratiosOf(measured: readonly MeasuredEdit[]): Ratios {
  const ratios = measured.map(({ estimate, billed }) => Number(estimate?.nanoUsd ?? 0n) / Number(billed));
  return {
    edits: ratios.length,
    mean: ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length,
    most: Math.max(...ratios),
  };
}
