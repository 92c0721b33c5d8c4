"use strict";
// chorale-clips.js as Max's js object runs it, with a Live Set of the test's own. One line of JSON in, one out:
//   {"set": {…}, "habits": {…}}        begins anew
//   {"message": ["heard", 7, 0]}       to the object; "high": true in the high-priority thread
//   {"change": "code on set and live"} something happens in Live
const fs = require("fs");
const path = require("path");
const readline = require("readline");
const vm = require("vm");
const { Live, apiOf } = require("./fake_live.js");

const SCRIPT = path.join(__dirname, "..", "..", "..", "max_patches", "scripts", "chorale-clips.js");
let live, scope, said;

function begin(set, habits) {
    live = new Live(set, habits);
    said = [];
    const outlet = (number, ...atoms) => said.push([number, ...atoms.flat()]);
    scope = vm.createContext({ LiveAPI: apiOf(live), outlet, post: (...words) => live.console.push(words.join(" ")) });
    vm.runInContext(fs.readFileSync(SCRIPT, "utf8"), scope, { filename: SCRIPT });
    live.loading = false;
}

function message([name, ...atoms], high) {
    const method = scope[name];
    if (typeof method !== "function" || method.local) {
        throw new Error(`no function ${name}`);
    }
    live.highPriority = Boolean(high);
    try {
        method(...atoms);
    } finally {
        live.highPriority = false;
    }
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
    const order = JSON.parse(line);
    let fault = "";
    try {
        if (order.set) {
            begin(order.set, order.habits || {});
        } else if (order.message) {
            message(order.message, order.high);
        } else if (order.change) {
            new Function("set", "live", order.change)(live.set, live);
        }
    } catch (error) {
        fault = String(error.stack);
    }
    const out = { said, fault, set: live.set, calls: live.calls, console: live.console };
    process.stdout.write(`${JSON.stringify(out)}\n`);
    said = [];
});
