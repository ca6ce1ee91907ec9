exports.handler = async (event) => {
  const name = event.pathParameters.name;
  return { greeting: `${process.env.GREETING}, ${name}!` };
};
