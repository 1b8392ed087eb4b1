import { CfnApi, CfnIntegration, CfnRoute, CfnStage } from "aws-cdk-lib/aws-apigatewayv2";
import type { Construct } from "constructs";
import type { Origin } from "./distribution.ts";

/** The longest that an HTTP API waits for an answer [API Gateway quotas]. */
export const API_SECONDS = 30;

/**
 * HTTPS with requests signed by AWS credentials, which whoever sends them may do where IAM allows `execute-api:Invoke`.
 * A load balancer cannot check that; an API of API Gateway before it can. Streams arrive whole, WebSockets not at all.
 */
export function signedApiUrl(scope: Construct, { name, door, dnsName }: Origin): string {
  const api = new CfnApi(scope, `${name}Api`, {
    name: `windlass-${name}`,
    protocolType: "HTTP",
  });
  const integration = new CfnIntegration(scope, `${name}ApiOrigin`, {
    apiId: api.ref,
    integrationType: "HTTP_PROXY",
    integrationMethod: "ANY",
    integrationUri: `http://${dnsName}/`,
    payloadFormatVersion: "1.0",
    timeoutInMillis: API_SECONDS * 1000 - 1000,
    requestParameters: {
      "overwrite:path": "$request.path",
      [`overwrite:header.${door.header}`]: door.value,
    },
  });
  new CfnRoute(scope, `${name}ApiRoute`, {
    apiId: api.ref,
    routeKey: "$default",
    authorizationType: "AWS_IAM",
    target: `integrations/${integration.ref}`,
  });
  new CfnStage(scope, `${name}ApiStage`, {
    apiId: api.ref,
    stageName: "$default",
    autoDeploy: true,
  });
  return api.attrApiEndpoint;
}
