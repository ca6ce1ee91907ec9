import { DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';

const table = new DynamoDBClient({});
const TableName = process.env.TABLE;

export const handler = async (event) => {
  const Key = { id: { S: event.pathParameters.page } };
  if (event.requestContext.http.method === 'GET') {
    const { Item } = await table.send(new GetItemCommand({ TableName, Key }));
    return { page: Key.id.S, visits: Number(Item?.visits.N ?? 0) };
  }
  await table.send(new UpdateItemCommand({
    TableName, Key, UpdateExpression: 'ADD visits :one', ExpressionAttributeValues: { ':one': { N: '1' } },
  }));
  return { statusCode: 204 };
};
