import { call } from './aws.mjs';

const table = process.env.TABLE;

export const handler = async (event) => {
  const { id } = event.pathParameters;
  if (event.requestContext.http.method === 'PUT') {
    await call('dynamodb', { target: 'DynamoDB_20120810.PutItem', body: { TableName: table, Item: { id: { S: id } } } });
    return { statusCode: 204 };
  }
  const { value } = await call('dynamodb', { target: 'DynamoDB_20120810.GetItem', body: { TableName: table, Key: { id: { S: id } } } });
  console.log('found', Boolean(value.Item));
  return value.Item ? { id: value.Item.id.S } : { statusCode: 404, body: '{}' };
};
