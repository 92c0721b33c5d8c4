"use strict";
// The part of Node for Max's module that the script uses: https://docs.cycling74.com/nodeformax/api/
// outlet takes numbers, strings and lists, and gives a promise; what it is given goes to a file, a line each.
const fs = require("fs");

exports.outlet = (...atoms) =>
    new Promise((resolve, reject) => {
        const plain = (atom) => ["string", "number"].includes(typeof atom);
        if (!atoms.length || !atoms.every(plain)) {
            reject(new Error("outlet takes numbers and strings"));
            return;
        }
        fs.appendFileSync(process.env.MAX_API_LOG, `${JSON.stringify(atoms)}\n`);
        resolve();
    });
exports.post = () => Promise.resolve();
exports.MAX_ENV = { MAX: "max", MAX_FOR_LIVE: "maxforlive" };
