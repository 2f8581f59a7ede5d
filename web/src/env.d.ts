declare module 'virtual:messages/id' {
  const texts: Record<string, string>;
  export default texts;
}
declare module 'virtual:messages/en' {
  const texts: Record<string, string>;
  export default texts;
}
