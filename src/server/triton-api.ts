import { isHttpName } from './model-path.ts';
import type { CallLimits, Endpoint, TritonClient } from './triton.ts';
import { GrpcTriton } from './triton-grpc.ts';
import { HttpTriton } from './triton-http.ts';

/** Where a server is spoken to; one of the two at least. */
export interface ApiEndpoints {
  readonly http?: Endpoint | undefined;
  readonly grpc?: Endpoint | undefined;
}

/**
 * Triton's API where a server speaks both protocols: HTTP, and gRPC for the models whose names HTTP can't carry.
 * @param onLoad told of every model that is asked to be loaded.
 */
export function tritonApi({ http, grpc }: ApiEndpoints, onLoad?: (model: string) => void): TritonClient {
  if (!http) return new GrpcTriton(grpc!, onLoad);
  if (!grpc) return new HttpTriton(http, onLoad);
  return bothOf(new HttpTriton(http, onLoad), () => new GrpcTriton(grpc, onLoad));
}

function bothOf(http: TritonClient, openGrpc: () => TritonClient): TritonClient {
  let grpc: TritonClient | undefined;
  const byGrpc = (): TritonClient => {
    grpc ??= openGrpc();
    return grpc;
  };
  const clientOf = (model: string): TritonClient => (isHttpName(model) ? http : byGrpc());
  return {
    isReady: (limits) => http.isReady(limits),
    isLive: (limits?: CallLimits) => http.isLive(limits),
    server: (limits) => http.server(limits),
    load: (model, config, more) => clientOf(model).load(model, config, more),
    unload: (model, limits) => clientOf(model).unload(model, limits),
    repositoryIndex: (limits) => http.repositoryIndex(limits),
    config: (model, limits) => clientOf(model).config(model, limits),
    metadata: (model, limits) => clientOf(model).metadata(model, limits),
    statistics: (model, limits) => clientOf(model).statistics(model, limits),
    allStatistics: (limits) => http.allStatistics(limits),
    registerSharedMemory: (name, bytes) => http.registerSharedMemory(name, bytes),
    unregisterSharedMemory: (name) => http.unregisterSharedMemory(name),
    close: () => {
      http.close();
      grpc?.close();
    },
  };
}
