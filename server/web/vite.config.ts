import { defineConfig } from 'vite'

/** Where `npm run dev` of this package finds a server: its API is passed on. */
const SERVER = process.env.AJAR_SERVER ?? 'http://127.0.0.1:20002'
/** The server changes things only for pages of its own host: it is told the one that the browser sees. */
const PASSED_ON = { target: SERVER, changeOrigin: false, secure: false }

/** What most pages but the first one are built of, each of them a few lines. */
const COMMON =
  /src\/(backups|jobs|models|sensors|upload|use-answer|api\/use-action|live\/renamed|picture\/(region|frame-image)|design\/(confirm-dialog|copy-text|dialog|leave-uncopied|scrolled-to-end|severity-sign))/
/** The laboratory and the tasks show the same things: pictures, forms, results. What only opens on a click stays apart. */
const LABORATORY =
  /src\/pages\/(laboratory|tasks)\/(?!add|results\/(cells|chart|csv|data|json|row|shape|table|values)|automatic\/(automatic-dialog|readings)|params\/(pick|picture-dialog)|runs\/run-result)/

/** The editor of programs is larger than any page: what it is made of stays together, and comes when it is shown. */
const EDITOR =
  /node_modules\/(@codemirror\/(autocomplete|commands|language|search|state|view)|@lezer\/(common|highlight)|@marijn\/find-cluster-break|crelt|style-mod|w3c-keyname)\/|src\/pages\/programs\/editor\/(?!editor\.tsx|ada)/
/** What colours one language comes with a first file of it. */
const PARSERS = ['lr', 'javascript', 'python', 'cpp'].map((name) => ({
  name: `editor-${name}`,
  test: new RegExp(`node_modules/(@lezer/${name}|@codemirror/lang-${name})/`),
}))

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2023',
    // The console is served under a policy that allows no inline script, style or data address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    rolldownOptions: {
      output: {
        // Left to itself it makes dozens of files of a few hundred bytes, whose names and imports are a tenth of all scripts.
        codeSplitting: {
          // Else what the first page needs would come with the laboratory.
          includeDependenciesRecursively: false,
          groups: [
            { name: 'common', test: COMMON, minShareCount: 2 },
            { name: 'laboratory', test: LABORATORY },
            { name: 'editor', test: EDITOR },
            ...PARSERS,
          ],
        },
      },
    },
  },
  server: {
    proxy: {
      '/api': PASSED_ON,
      '/archive': PASSED_ON,
      '/docs': PASSED_ON,
      '/portal': PASSED_ON,
      '/thumbnails': PASSED_ON,
    },
  },
})
