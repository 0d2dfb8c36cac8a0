import type { Self } from "taskward";

export interface Quote {
  readonly symbol: string;
  readonly price: number;
}

/** Asks an exchange for a price. This one is made up: some answer soon, some late, and some not at all. */
export async function fetchQuote(self: Self, symbol: string): Promise<Quote> {
  const number = Array.from(symbol, (letter) => letter.charCodeAt(0)).reduce((sum, code) => sum + code, 0);
  await self.sleep((number * 37) % 600);
  if (number % 5 === 0) throw new Error(`${symbol} is not traded`);
  return { symbol, price: number };
}
