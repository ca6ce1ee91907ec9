import { price } from './prices';

interface Request {
  pathParameters: { symbol: string };
}

export const handler = async ({ pathParameters: { symbol } }: Request) => {
  const found = price(symbol);
  if (found === undefined) return { statusCode: 404, body: JSON.stringify({ symbol }) };
  return { statusCode: 200, body: JSON.stringify({ symbol, price: found }) };
};
