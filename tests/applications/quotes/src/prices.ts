const prices: Record<string, number> = { AMZN: 180.5, RUST: 1.94 };

export function price(symbol: string): number | undefined {
  return prices[symbol];
}
