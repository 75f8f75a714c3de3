/** LiteLLM's `model_info.mode` for models that Darkroom serves. */
const imageModes = ["image_edit", "image_generation"];

const otherModes = [
  "audio_speech",
  "audio_transcription",
  "batch",
  "chat",
  "completion",
  "embedding",
  "guardrail",
  "moderation",
  "moderations",
  "ocr",
  "realtime",
  "rerank",
  "responses",
  "search",
  "text_completion",
  "vector_store",
  "video_generation",
];

/** Names that tell what a model is, for entries without a mode. Anything with `image` in its name is an image model. */
const knownNames: readonly (readonly [RegExp, string])[] = [
  [/^dall-e-3/, "an image model without edits"],
  [/^text-embedding-|^(nomic|mxbai)-embed/, "an embedding model"],
  [/^(text|omni)-moderation/, "a moderation model"],
  [
    /^(whisper|tts)(-|$)|^gpt-(audio|realtime)|^gpt-\d\w*-(audio|realtime|transcribe|mini-(transcribe|tts|audio|realtime))/,
    "an audio model",
  ],
  [/^sora/, "a video model"],
  [
    /^(gpt-(\d|oss)|chatgpt-\d|chatgpt-4o|o\d+(-|$)|codex|computer-use|davinci|babbage|ft:)|^(claude|gemma|llama|meta-llama|mistral|mixtral|deepseek|command-r)(\d|-|$)/,
    "a chat model",
  ],
];

/**
 * Why a model cannot edit images, or `undefined` where it can or may. Its mode decides; without one its name does,
 * where the name is a well-known one. When in doubt it is served: a server that speaks as OpenAI does may call its
 * image model anything.
 */
export function whyNotAnImageModel(model: string, mode: unknown): string | undefined {
  if (typeof mode === "string") {
    if (imageModes.includes(mode)) return undefined;
    if (otherModes.includes(mode)) return `its mode is ${mode}`;
  }
  const name = model.slice(model.lastIndexOf("/") + 1).toLowerCase();
  if (name.includes("image")) return undefined;
  const kind = knownNames.find(([pattern]) => pattern.test(name))?.[1];
  return kind && `${model} is ${kind}`;
}
