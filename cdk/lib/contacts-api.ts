import { RemovalPolicy, Stack, aws_apigateway as apigateway, aws_lambda as lambda, aws_logs as logs } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

export interface ContactsApiProps {
  /** What answers, always by the alias: traffic is shifted behind it. */
  readonly alias: lambda.IAlias;
  readonly authorization: apigateway.AuthorizationType.IAM | apigateway.AuthorizationType.NONE;
  readonly stageName: string;
  /** Of each route, in requests a second. */
  readonly rateLimit: number;
  /** Of each route, in requests at once. */
  readonly burstLimit: number;
  /** How long each request is logged; not at all without it. */
  readonly accessLogs: logs.RetentionDays | undefined;
  /** Sets API Gateway's logging role for the account and Region. One stack a Region may do that. */
  readonly setLoggingRole: boolean;
}

/** The REST API in front of the alias. */
export class ContactsApi extends apigateway.RestApi {
  readonly logs: logs.LogGroup | undefined;

  constructor(scope: Construct, id: string, props: ContactsApiProps) {
    const stack = Stack.of(scope);
    const logGroup = props.accessLogs === undefined ? undefined : new logs.LogGroup(scope, `${id}Logs`, {
      logGroupName: `/aws/apigateway/${stack.stackName}/contacts`,
      retention: props.accessLogs,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    super(scope, id, {
      // The alarms' dimensions name both.
      restApiName: stack.stackName,
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      cloudWatchRole: props.setLoggingRole,
      deployOptions: {
        stageName: props.stageName,
        tracingEnabled: true,
        throttlingRateLimit: props.rateLimit,
        throttlingBurstLimit: props.burstLimit,
        // Metrics of each route are billed; execution logs would hold people's contacts.
        metricsEnabled: false,
        loggingLevel: apigateway.MethodLoggingLevel.OFF,
        dataTraceEnabled: false,
        ...logGroup && {
          accessLogDestination: new apigateway.LogGroupLogDestination(logGroup),
          accessLogFormat: apigateway.AccessLogFormat.custom(ACCESS_LOG),
        },
      },
      defaultMethodOptions: { authorizationType: props.authorization },
    });
    this.logs = logGroup;

    // ANY, and a route for the rest: behind single methods API Gateway answers 403 itself, and nobody sees the function's 404 and 405.
    const answered = new apigateway.LambdaIntegration(props.alias, { allowTestInvoke: false });
    const contacts = this.root.addResource('contacts');
    contacts.addMethod('ANY', answered);
    contacts.addResource('{id}').addMethod('ANY', answered);
    this.root.addResource('{proxy+}').addMethod('ANY', answered);

    // What API Gateway refuses itself reads like the function's own problem documents (RFC 9457).
    for (const type of [apigateway.ResponseType.DEFAULT_4XX, apigateway.ResponseType.DEFAULT_5XX]) {
      this.addGatewayResponse(type.responseType, {
        type,
        responseHeaders: { 'Content-Type': "'application/problem+json'" },
        templates: { 'application/json': PROBLEM },
      });
    }
  }
}

// Not by JSON.stringify: the message has its own quotes.
const PROBLEM = '{"type":"about:blank","detail":$context.error.messageString,"code":"$context.error.responseType",'
  + '"request_id":"$context.requestId"}';

const ACCESS_LOG = JSON.stringify({
  request_id: '$context.requestId',
  extended_request_id: '$context.extendedRequestId',
  time: '$context.requestTime',
  method: '$context.httpMethod',
  path: '$context.path',
  route: '$context.resourcePath',
  status: '$context.status',
  source_ip: '$context.identity.sourceIp',
  user_agent: '$context.identity.userAgent',
  caller: '$context.identity.userArn',
  response_length: '$context.responseLength',
  response_latency_ms: '$context.responseLatency',
  integration_status: '$context.integration.status',
  integration_latency_ms: '$context.integration.latency',
  integration_error: '$context.integration.error',
  gateway_error: '$context.error.responseType',
});
