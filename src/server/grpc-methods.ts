import type { DescMessage } from '@bufbuild/protobuf';
import {
  ModelConfigRequestSchema,
  ModelConfigResponseSchema,
  ModelMetadataRequestSchema,
  ModelMetadataResponseSchema,
  ModelStatisticsRequestSchema,
  ModelStatisticsResponseSchema,
  RepositoryIndexRequestSchema,
  RepositoryIndexResponseSchema,
  RepositoryModelLoadRequestSchema,
  RepositoryModelLoadResponseSchema,
  RepositoryModelUnloadRequestSchema,
  RepositoryModelUnloadResponseSchema,
  ServerLiveRequestSchema,
  ServerLiveResponseSchema,
  ServerMetadataRequestSchema,
  ServerMetadataResponseSchema,
  ServerReadyRequestSchema,
  ServerReadyResponseSchema,
  SystemSharedMemoryRegisterRequestSchema,
  SystemSharedMemoryRegisterResponseSchema,
  SystemSharedMemoryUnregisterRequestSchema,
  SystemSharedMemoryUnregisterResponseSchema,
} from '../model-config/gen/grpc_service_pb.ts';

/** A method of Triton's gRPC service. */
export interface Method<Request extends DescMessage, Answer extends DescMessage> {
  readonly method: string;
  readonly request: Request;
  readonly answer: Answer;
}

const methodOf = <Request extends DescMessage, Answer extends DescMessage>(
  method: string,
  request: Request,
  answer: Answer,
): Method<Request, Answer> => ({ method, request, answer });

export const READY = methodOf('ServerReady', ServerReadyRequestSchema, ServerReadyResponseSchema);
export const LIVE = methodOf('ServerLive', ServerLiveRequestSchema, ServerLiveResponseSchema);
export const SERVER_METADATA = methodOf(
  'ServerMetadata',
  ServerMetadataRequestSchema,
  ServerMetadataResponseSchema,
);
export const INDEX = methodOf('RepositoryIndex', RepositoryIndexRequestSchema, RepositoryIndexResponseSchema);
export const LOAD = methodOf(
  'RepositoryModelLoad',
  RepositoryModelLoadRequestSchema,
  RepositoryModelLoadResponseSchema,
);
export const UNLOAD = methodOf(
  'RepositoryModelUnload',
  RepositoryModelUnloadRequestSchema,
  RepositoryModelUnloadResponseSchema,
);
export const CONFIG = methodOf('ModelConfig', ModelConfigRequestSchema, ModelConfigResponseSchema);
export const METADATA = methodOf('ModelMetadata', ModelMetadataRequestSchema, ModelMetadataResponseSchema);
export const STATISTICS = methodOf(
  'ModelStatistics',
  ModelStatisticsRequestSchema,
  ModelStatisticsResponseSchema,
);
export const REGISTER = methodOf(
  'SystemSharedMemoryRegister',
  SystemSharedMemoryRegisterRequestSchema,
  SystemSharedMemoryRegisterResponseSchema,
);
export const UNREGISTER = methodOf(
  'SystemSharedMemoryUnregister',
  SystemSharedMemoryUnregisterRequestSchema,
  SystemSharedMemoryUnregisterResponseSchema,
);
