import { Duration, aws_cloudwatch as cloudwatch, aws_dynamodb as dynamodb, aws_lambda as lambda } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Alarms } from './alarms';

export interface ContactsDashboardProps {
  readonly dashboardName: string;
  readonly alarms: Alarms;
  readonly alias: lambda.Alias;
  readonly preHook: lambda.IFunction;
  readonly postHook: lambda.IFunction;
  readonly guard: lambda.IFunction;
  readonly api: { readonly ApiName: string; readonly Stage: string };
  readonly table: dynamodb.ITable;
  readonly operations: string[];
}

const { MAXIMUM, SUM, p } = cloudwatch.Stats;
const MINUTE = Duration.minutes(1);

/** What a deployment does on top: its alarms, the traffic by version, the errors with the alarms' thresholds in them. */
export class ContactsDashboard extends cloudwatch.Dashboard {
  constructor(scope: Construct, id: string, props: ContactsDashboardProps) {
    super(scope, id, { dashboardName: props.dashboardName, start: '-PT3H', periodOverride: cloudwatch.PeriodOverride.INHERIT });
    const { alarms, alias, preHook, postHook, guard, table, operations } = props;
    const contacts = alias.lambda.functionName;

    const graph = (title: string, width: number, left: cloudwatch.IMetric[], rest: Partial<cloudwatch.GraphWidgetProps> = {}) =>
      new cloudwatch.GraphWidget({ title, width, height: 6, left, ...rest });
    const metric = (namespace: string, metricName: string, dimensionsMap: cloudwatch.DimensionsMap, label: string, statistic = SUM) =>
      new cloudwatch.Metric({ namespace, metricName, dimensionsMap, label, statistic, period: MINUTE });
    // What there is, the old version and its checks too, of which the template knows nothing.
    const search = (terms: string, statistic: string, label: string) =>
      new cloudwatch.MathExpression({ expression: `SEARCH('${terms}', '${statistic}', 60)`, label, usingMetrics: {}, period: MINUTE });
    const ofAlias = Object.entries(alias.metricInvocations().dimensions ?? {}).map(([name, value]) => `${name}="${value}"`).join(' ');
    const byVersion = (metricName: string) => search(
      `{AWS/Lambda,FunctionName,Resource,ExecutedVersion} ${ofAlias} MetricName="${metricName}"`, SUM, "version ${PROP('Dim.ExecutedVersion')}",
    );
    const byCheck = (hook: lambda.IFunction, metricName: string, statistic: string, label: string) =>
      search(`{LifecycleHook,FunctionName,Check} FunctionName="${hook.functionName}" MetricName="${metricName}"`, statistic, label);
    const ofHook = (hook: lambda.IFunction, name: string, label: string) =>
      metric('LifecycleHook', name, { FunctionName: hook.functionName }, label);
    const ofApi = (name: string, label: string, statistic?: string) => metric('AWS/ApiGateway', name, props.api, label, statistic);
    const ofTable = (name: string, label: string) => metric('AWS/DynamoDB', name, { TableName: table.tableName }, label);
    const byOperation = (name: string) => operations.map((operation) =>
      metric('AWS/DynamoDB', name, { TableName: table.tableName, Operation: operation }, operation));
    const threshold = (alarm: cloudwatch.Alarm, what: string) =>
      new cloudwatch.AlarmWidget({ alarm, title: `${alarm.node.id}: ${what}`, width: 8, height: 6 });

    this.addWidgets(
      new cloudwatch.AlarmStatusWidget({ title: 'These stop a deployment', alarms: alarms.stopping, width: 12, height: 3 }),
      new cloudwatch.AlarmStatusWidget({ title: 'These only notify', alarms: alarms.notifying, width: 12, height: 3 }),
    );
    this.addWidgets(
      graph('Traffic by version', 12, [byVersion('Invocations')], { stacked: true }),
      graph('Errors by version', 12, [byVersion('Errors')], { stacked: true }),
    );
    this.addWidgets(
      threshold(alarms.versionErrors, 'errors of the newest version'),
      threshold(alarms.aliasErrors, 'share of errors behind the alias'),
      threshold(alarms.apiServerErrors, 'share of 5xx answers'),
    );
    this.addWidgets(
      graph('Hooks: verdicts and reports', 12, [
        ofHook(preHook, 'VerdictFailures', 'PreTraffic: failed verdicts'),
        ofHook(postHook, 'VerdictFailures', 'PostTraffic: failed verdicts'),
        ofHook(preHook, 'ReportAttempts', 'PreTraffic: attempts to report'),
        ofHook(postHook, 'ReportAttempts', 'PostTraffic: attempts to report'),
        ofHook(preHook, 'ReportFailures', 'PreTraffic: undelivered reports'),
        ofHook(postHook, 'ReportFailures', 'PostTraffic: undelivered reports'),
        ofHook(guard, 'AnsweredFor', 'guard: hooks answered for'),
        ofHook(guard, 'ReportFailures', 'guard: undelivered reports'),
      ]),
      graph('Hooks: failed checks, and how long each took (right)', 12, [
        byCheck(preHook, 'CheckFailures', SUM, "PreTraffic: ${PROP('Dim.Check')} failed"),
        byCheck(postHook, 'CheckFailures', SUM, "PostTraffic: ${PROP('Dim.Check')} failed"),
      ], {
        right: [
          byCheck(preHook, 'CheckDuration', MAXIMUM, "PreTraffic: ${PROP('Dim.Check')} ms"),
          byCheck(postHook, 'CheckDuration', MAXIMUM, "PostTraffic: ${PROP('Dim.Check')} ms"),
        ],
      }),
    );
    this.addWidgets(
      graph('API: requests and refusals', 8, [ofApi('Count', 'requests'), ofApi('4XXError', '4xx'), ofApi('5XXError', '5xx')]),
      graph('API: milliseconds to answer', 8, [
        ofApi('Latency', 'p50', p(50)), ofApi('Latency', 'p90', p(90)), ofApi('Latency', 'p99', p(99)),
        ofApi('IntegrationLatency', 'p99 of the function', p(99)),
      ]),
      graph('Function: at once, and turned away', 8, [
        metric('AWS/Lambda', 'ConcurrentExecutions', { FunctionName: contacts }, 'concurrent executions', MAXIMUM),
        metric('AWS/Lambda', 'Throttles', { FunctionName: contacts }, 'throttles'),
      ]),
    );
    this.addWidgets(
      graph('Table: units a minute', 8, [ofTable('ConsumedReadCapacityUnits', 'read'), ofTable('ConsumedWriteCapacityUnits', 'written')]),
      graph('Table: throttles by operation', 8, byOperation('ThrottledRequests')),
      graph('Table: errors of its own, by operation', 8, byOperation('SystemErrors')),
    );
  }
}
