import type { Deployment } from './deployment.ts';
import { containerResources, type Manifest, measuredLines, replicaRange, yamlWith } from './manifest.ts';

/** Stands where the user has to say where the model repository lies; KServe refuses it, as it knows no such scheme. */
export const STORAGE_PLACEHOLDER = 'replace-me://the-model-repository-that-tma-export-wrote';

/** The repository of the images that KServe's own runtime for Triton is made of. */
const OFFICIAL_IMAGE = /^nvcr\.io\/nvidia\/tritonserver:([\w.-]+)$/;

/**
 * An InferenceService of KServe (serving.kserve.io/v1beta1) that serves a model on its runtime for Triton by protocol v2, with
 * the resources that were measured.
 * @param storageUri where the model repository lies; undefined: a placeholder that KServe refuses.
 */
export function kserveService(
  deployment: Deployment,
  name: string,
  storageUri: string | undefined,
): Manifest {
  const { model, variant, capacity, image } = deployment;
  const { least, most } = replicaRange(deployment);
  const version = image === undefined ? undefined : OFFICIAL_IMAGE.exec(image)?.[1];
  const data = {
    apiVersion: 'serving.kserve.io/v1beta1',
    kind: 'InferenceService',
    metadata: { name },
    spec: {
      predictor: {
        minReplicas: least,
        ...(most !== undefined && { maxReplicas: most }),
        ...(capacity?.inFlight !== undefined && {
          scaleMetric: 'concurrency',
          scaleTarget: capacity.inFlight,
        }),
        model: {
          modelFormat: { name: 'triton' },
          protocolVersion: 'v2',
          runtime: 'kserve-tritonserver',
          ...(version !== undefined && { runtimeVersion: version }),
          ...(version === undefined && image !== undefined && { image }),
          storageUri: storageUri ?? STORAGE_PLACEHOLDER,
          resources: containerResources(deployment.resources),
        },
      },
    },
  };
  const comments = [
    `KServe: model ${model}, configuration ${variant}.`,
    ...measuredLines(deployment),
    ...(capacity?.inFlight === undefined
      ? []
      : [
          'scaleTarget: requests in flight for each replica at its most. Knative adds replicas from 70 % of it on; without Knative (Standard, RawDeployment) KServe does not scale by it',
        ]),
    ...(storageUri === undefined
      ? ['storageUri: put the model repository of tma export --to there, and its address here']
      : []),
  ];
  return { model, name, fileName: `${name}.inferenceservice.yaml`, text: yamlWith(comments, data) };
}
