/** An image model of OpenAI's own API that edits images. */
export interface OpenAiModel {
  readonly name: string;
  /** The day from which OpenAI no longer serves it, where one is announced. */
  readonly shutDown?: string;
}

/**
 * Sources: OpenAI's deprecations page (https://platform.openai.com/docs/deprecations) and models page
 * (https://platform.openai.com/docs/models), as of November 2026. For gpt-image-1 no date was found.
 */
const openAiModels: readonly OpenAiModel[] = [
  { name: "gpt-image-2.6-flare" },
  { name: "gpt-image-2.6-sunburst" },
  { name: "gpt-image-2.5-flare" },
  { name: "gpt-image-2.5-flare-2026-09-08" },
  { name: "gpt-image-2.5-sunburst" },
  { name: "gpt-image-2.5-sunburst-2026-09-08" },
  { name: "gpt-image-2" },
  { name: "gpt-image-2-2026-04-21" },
  { name: "gpt-image-1" },
  { name: "gpt-image-1.5", shutDown: "2026-12-01" },
  { name: "gpt-image-1.5-2025-12-16", shutDown: "2026-12-01" },
  { name: "gpt-image-1-mini", shutDown: "2026-12-01" },
  { name: "chatgpt-image-latest", shutDown: "2026-12-01" },
  { name: "dall-e-2", shutDown: "2026-05-12" },
];

/** Whatever else OpenAI calls its image models. */
export const openAiWildcard = "gpt-image-*";

/** What to say of models that OpenAI shuts down or has shut down. */
export function shutDownWarnings(names: Iterable<string>, today: Date): string[] {
  const day = today.toISOString().slice(0, 10);
  const asked = new Set(names);
  return openAiModels
    .filter(({ name, shutDown }) => shutDown !== undefined && asked.has(name))
    .map(({ name, shutDown = "" }) =>
      shutDown <= day
        ? `OpenAI shut ${name} down on ${shutDown}`
        : `OpenAI shuts ${name} down on ${shutDown}`,
    );
}

/** The models that OpenAI serves on a day. */
export function servedOn(today: Date): OpenAiModel[] {
  const day = today.toISOString().slice(0, 10);
  return openAiModels.filter(({ shutDown }) => shutDown === undefined || shutDown > day);
}
