'use strict';

const AWS = require('aws-sdk');

const s3 = new AWS.S3();
const sqs = new AWS.SQS();

exports.handler = async (event) => {
  const Key = event.pathParameters.id;
  await s3.putObject({ Bucket: process.env.DOCUMENTS, Key, Body: event.body || 'empty' }).promise();
  const { Body } = await s3.getObject({ Bucket: process.env.DOCUMENTS, Key }).promise();
  await sqs.sendMessage({ QueueUrl: process.env.INDEX, MessageBody: `${Key}: ${Body}` }).promise();
  return { statusCode: 200, body: Body.toString() };
};
