import { failure, type RequestFailure } from '../connection.ts';

/** Names of gRPC's status codes, 0 first. */
const NAMES = [
  'OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS',
  'UNAUTHENTICATED',
].flatMap((line) => line.split(' '));

/** Why a call with this status failed. */
export const grpcFailure = (code: number, message: string): RequestFailure => {
  const name = NAMES[code] ?? String(code);
  return failure(`gRPC ${name}`, message.trim() || `gRPC status ${name}`);
};

/** A `grpc-message` header as text. */
export function decodeMessage(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
