declare module 'virtual:messages/id' {
  const texts: Record<string, string>;
  export default texts;
}
declare module 'virtual:messages/en' {
  const texts: Record<string, string>;
  export default texts;
}
declare module 'virtual:silhouette' {
  export const width: number;
  export const height: number;
  const rows: string;
  export default rows;
}
declare module 'virtual:messages/id/device' {
  const texts: Record<string, string>;
  export default texts;
}
declare module 'virtual:messages/en/device' {
  const texts: Record<string, string>;
  export default texts;
}
