import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

const s3 = new S3Client({});
const sqs = new SQSClient({});
const Bucket = process.env.DOCUMENTS;

export const handler = async (event) => {
  const Key = event.pathParameters.id;
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: event.body || 'empty' }));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  const body = await Body.transformToString();
  await sqs.send(new SendMessageCommand({ QueueUrl: process.env.INDEX, MessageBody: `${Key}: ${body}` }));
  return { statusCode: 200, body };
};
