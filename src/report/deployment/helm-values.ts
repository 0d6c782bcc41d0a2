import type { Deployment } from './deployment.ts';
import { containerResources, type Manifest, measuredLines, replicaRange, yamlWith } from './manifest.ts';

/**
 * Values for a Helm chart that serves Triton, under the names of Triton's own charts (deploy/k8s-onprem, deploy/gcp) and of what
 * `helm create` makes: `replicaCount`, `image.numGpus`, `resources`, `autoscaling`.
 */
export function helmValues(deployment: Deployment, name: string): Manifest {
  const { model, variant, capacity, image, resources } = deployment;
  const { least, most } = replicaRange(deployment);
  const data = {
    replicaCount: least,
    image: { ...(image !== undefined && { imageName: image }), numGpus: resources.gpus },
    resources: containerResources(resources),
    autoscaling: {
      enabled: most !== undefined && most > least,
      minReplicas: least,
      maxReplicas: most ?? least,
      ...(capacity?.inFlight !== undefined && { targetConcurrency: capacity.inFlight }),
    },
  };
  const comments = [
    `Helm values: model ${model}, configuration ${variant}.`,
    ...measuredLines(deployment),
    `Names are those of Triton's charts (k8s-onprem, gcp) and of helm create; where your chart has others, rename them.`,
    ...(capacity?.inFlight === undefined
      ? []
      : [
          'autoscaling.targetConcurrency: requests in flight for each replica at its most, for a chart that scales by them.',
        ]),
  ];
  return { model, name, fileName: `${name}.values.yaml`, text: yamlWith(comments, data) };
}
