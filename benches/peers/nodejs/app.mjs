// One GetItem with the AWS SDK for JavaScript, version 3.
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';

const client = new DynamoDBClient({});

export async function handler(event) {
  const { Item: item } = await client.send(new GetItemCommand({
    TableName: process.env.TABLE_NAME, Key: { id: { S: event.pathParameters.id } }, ConsistentRead: true,
  }));
  const body = { id: item.id.S, name: item.attributes.M.name.S };
  return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
