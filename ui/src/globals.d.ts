/** True where the window's program is played by `backend/fake`. */
declare const __DEMO__: boolean;

declare module '*.ftl?raw' {
  const text: string;
  export default text;
}
