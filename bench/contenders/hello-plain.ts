const greet = async (name: string): Promise<string> => `Hello, ${name}!`;

console.log(await greet("world"));
