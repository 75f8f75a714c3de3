import { isProviderName, type ProviderName } from "@darkroom/router";

/** Which upstream a `model` of the file means, as LiteLLM decides it. */
export interface ProviderModel {
  readonly provider: string;
  /** The model's name at the provider. */
  readonly model: string;
}

/** A model whose provider Darkroom knows. */
export interface ServedModel extends ProviderModel {
  readonly provider: ProviderName;
}

/**
 * The prefixes that LiteLLM takes for a provider. Another one is part of the model's name at LiteLLM's upstream,
 * or a mistake; see `providerOf`.
 */
const prefixes = new Set(
  `ai21 ai21_chat aiml aiohttp_openai amazon_nova anthropic anthropic_text anyscale assemblyai aws_polly azure
  azure_ai azure_text baseten bedrock bedrock_converse black_forest_labs bytez cerebras chatgpt clarifai cloudflare
  codestral cohere cohere_chat cometapi compactifai custom custom_openai dashscope databricks datarobot deepgram
  deepinfra deepseek docker_model_runner elevenlabs empower fal_ai featherless_ai fireworks_ai friendliai galadriel
  gemini gigachat github github_copilot gradient_ai groq heroku hosted_vllm huggingface hyperbolic infinity jina_ai
  lambda_ai langgraph lemonade litellm_proxy llamafile lm_studio manus maritalk meta_llama minimax mistral moonshot
  morph nebius nlp_cloud novita nscale nvidia_nim oci ollama ollama_chat oobabooga openai openai_like openrouter
  ovhcloud palm perplexity petals predibase ragflow recraft replicate runwayml sagemaker sagemaker_chat sambanova
  snowflake stability synthetic text-completion-codestral text-completion-openai together_ai topaz triton v0
  vercel_ai_gateway vertex_ai vertex_ai_beta vllm volcengine voyage wandb watsonx watsonx_text xai xiaomi_mimo
  xinference zai`.split(/\s+/),
);

/** Bare names that LiteLLM knows to be another provider's. */
const otherProviders: readonly (readonly [RegExp, string])[] = [
  [/^claude/, "anthropic"],
  [/^(gemini|imagen|veo|chat-bison|text-bison)/, "vertex_ai"],
  [/^command(-|$)/, "cohere"],
  [/^(amazon|stability)\./, "bedrock"],
];

/** `openai/x` and a bare `x` are OpenAI's (or of a server that speaks as OpenAI does). */
export function providerOf(name: string, custom?: string): ProviderModel {
  const slash = name.indexOf("/");
  const prefix = name.slice(0, Math.max(slash, 0));
  const known = prefixes.has(prefix);
  if (custom !== undefined)
    return { provider: custom, model: prefix === custom ? name.slice(slash + 1) : name };
  if (slash > 0) return { provider: prefix, model: known ? name.slice(slash + 1) : name };
  const other = otherProviders.find(([pattern]) => pattern.test(name.toLowerCase()));
  return { provider: other?.[1] ?? "openai", model: name };
}

export function isServed(model: ProviderModel): model is ServedModel {
  return isProviderName(model.provider);
}

/** Why an entry of a provider that Darkroom does not know is left out. */
export function whyNotServed({ provider, model }: ProviderModel): string {
  if (prefixes.has(provider)) return `${provider} is not supported yet`;
  return `"${provider}" is no provider that is known; for a server that speaks as OpenAI does, write openai/${model}`;
}
