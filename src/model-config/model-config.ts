import type { JsonValue } from '@bufbuild/protobuf';

/**
 * A Triton model configuration as plain JSON with the field names of config.pbtxt (snake_case), the form in
 * which everything here handles it. Fields at their proto3 default are absent; 64-bit integers are strings.
 */
export type ModelConfig = Readonly<Record<string, JsonValue>>;
