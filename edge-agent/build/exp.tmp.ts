import { rolldown } from 'rolldown'
import { mkdirSync, writeFileSync, cpSync } from 'node:fs'
const on = (n) => (process.env.X ?? '').split(',').includes(n)
const stubs = {
 name: 'x',
 resolveId(id, imp) {
   if (on('tb') && /^typebox/.test(id)) return '\0' + id
   if (on('ws') && id === './ws' && /mqtt\/build/.test(imp)) return '\0empty'
   if (on('ws') && id === './socks' && /mqtt\/build/.test(imp)) return '\0empty'
   if (on('tls') && id === './tls' && /mqtt\/build/.test(imp)) return '\0empty'
   if (on('wt') && id === './get-timer' && /mqtt\/build/.test(imp)) return '\0timer'
   if (on('mq') && id === 'mqtt') return '\0mqtt'
   if (on('rs') && id === 'readable-stream') return '\0rs'
 },
 load(id) {
   if (id === '\0typebox') return 'export const Type = new Proxy({}, { get: (_, n) => n === "Optional" ? (x)=>x : n === "IsObject" ? (x)=>x?.type==="object" : n==="Object" ? (properties,o)=>({type:"object",properties,required:[],...o}) : (...a)=>({ ...a.at(-1) }) })'
   if (id === '\0typebox/value') return `export const Value = { Check: () => true, Errors: () => [], Default: (s, v) => { if (v === undefined && s.default !== undefined) v = structuredClone(s.default); if (s.properties && v && typeof v === 'object') for (const [k, c] of Object.entries(s.properties)) { const d = Value.Default(c, v[k]); if (d !== undefined) v[k] = d } return v } }`
   if (id === '\0empty') return 'module.exports = { default: () => {}, streamBuilder: () => {} }'
   if (id === '\0rs') return 'module.exports = require("node:stream")'
   if (id === '\0timer') return 'module.exports = { default: () => ({ set: (f,t)=>setInterval(f,t), clear: (t)=>clearInterval(t) }) }'
   if (id === '\0mqtt') return 'export const connect = () => { throw 1 }'
 },
}
const b = await rolldown({ input: '/tmp/six/bundle/edge-agent/src/agent-process.ts', platform: 'node', external: ['koffi','sharp','bufferutil','utf-8-validate'], logLevel:'silent', plugins: [stubs], transform:{target:'node22'} })
const { output } = await b.generate({ format:'esm', codeSplitting:false, strictExecutionOrder: !on('noseo'), minify: { compress: true, mangle: on('mangle'), codegen: { removeWhitespace: true } }, comments:false })
const d = '/tmp/six/ba/exp-' + (process.env.X ?? 'none'); mkdirSync(d, {recursive:true})
writeFileSync(d + '/ajar-agent.mjs', output[0].code); cpSync('/tmp/six/bundle/edge-agent/dist/ajar-agent-0.1.0/node_modules', d + '/node_modules', {recursive:true})
console.log(d, output[0].code.length)
