import { defineConfig } from 'vite'

/** Where `npm run dev` of this package finds a server: its API is passed on. */
const SERVER = process.env.AJAR_SERVER ?? 'http://127.0.0.1:20002'
/** The server changes things only for pages of its own host: it is told the one that the browser sees. */
const PASSED_ON = { target: SERVER, changeOrigin: false, secure: false }

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2023',
    // The console is served under a policy that allows no inline script, style or data address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: { proxy: { '/api': PASSED_ON, '/docs': PASSED_ON } },
})
