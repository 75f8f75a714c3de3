import { whyNotAnImageModel } from "./image-model.js";

it.each([
  ["gpt-image-1", undefined],
  ["gpt-image-9-unheard-of", undefined],
  ["chatgpt-image-latest", undefined],
  ["dall-e-2", undefined],
  ["stabilityai/sdxl", undefined],
  ["gpt-5-image", undefined],
  ["qwen-image-edit", undefined],
  ["*", undefined],
  ["my-own-model", undefined],
  ["orca-3", undefined],
  ["gpt-4o", "gpt-4o is a chat model"],
  ["gpt-3.5-turbo", "gpt-3.5-turbo is a chat model"],
  ["gpt-5", "gpt-5 is a chat model"],
  ["o1", "o1 is a chat model"],
  ["o3-mini", "o3-mini is a chat model"],
  ["chatgpt-4o-latest", "chatgpt-4o-latest is a chat model"],
  ["responses/gpt-5", "responses/gpt-5 is a chat model"],
  ["meta-llama/Llama-3-8B", "meta-llama/Llama-3-8B is a chat model"],
  ["gpt-4o-transcribe", "gpt-4o-transcribe is an audio model"],
  ["gpt-4o-mini-tts", "gpt-4o-mini-tts is an audio model"],
  ["whisper-1", "whisper-1 is an audio model"],
  ["tts-1-hd", "tts-1-hd is an audio model"],
  ["text-embedding-3-large", "text-embedding-3-large is an embedding model"],
  ["omni-moderation-latest", "omni-moderation-latest is a moderation model"],
  ["sora-2", "sora-2 is a video model"],
  ["dall-e-3", "dall-e-3 is an image model without edits"],
])("%s without a mode: %s", (model, expected) => {
  expect(whyNotAnImageModel(model, undefined)).toBe(expected);
});

it.each([
  ["gpt-4o", "image_edit", undefined],
  ["gpt-4o", "image_generation", undefined],
  ["my-own-model", "chat", "its mode is chat"],
  ["gpt-image-1", "audio_speech", "its mode is audio_speech"],
  ["gpt-image-1", "something_new", undefined],
])("%s with mode %s: %s", (model, mode, expected) => {
  expect(whyNotAnImageModel(model, mode)).toBe(expected);
});
