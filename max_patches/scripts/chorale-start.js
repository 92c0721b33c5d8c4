// Finds and runs the Chorale Companion. For Max's node.script, started with two ports: the companion's and the Hub's.
//
// The companion ends when this script does, however that comes: it reads a pipe that breaks then (--until-eof).
"use strict";

const { spawn } = require("child_process");
const fs = require("fs");
const os = require("os");
const path = require("path");
const max = require("max-api");

const NAME = "chorale-companion";
const PATIENCE_MS = 3000; // for the companion to end by itself
const LONGEST_LINE = 160; // letters

// Where an installer may have put the program, the user's own choice first.
function places(platform, home, environment) {
    const system = platform === "win32" ? path.win32 : path.posix;
    const program = platform === "win32" ? "chorale.exe" : "chorale";
    const inHome = (...parts) => system.join(home, ...parts, program);
    const searched = (environment.PATH || environment.Path || "").split(platform === "win32" ? ";" : ":");
    const found = searched.filter((folder) => folder).map((folder) => system.join(folder, program));
    found.push(inHome(".local", "bin")); // uv tool, pipx
    if (platform === "win32") {
        const roaming = environment.APPDATA || system.join(home, "AppData", "Roaming");
        const local = environment.LOCALAPPDATA || system.join(home, "AppData", "Local");
        found.push(system.join(roaming, "uv", "tools", NAME, "Scripts", program));
        found.push(inHome("pipx", "venvs", NAME, "Scripts"));
        found.push(system.join(local, "pipx", "pipx", "venvs", NAME, "Scripts", program));
        found.push(system.join(local, "Programs", "Chorale Companion", program));
        return found;
    }
    found.push(inHome(".local", "share", "uv", "tools", NAME, "bin"));
    found.push(inHome(".local", "share", "pipx", "venvs", NAME, "bin"));
    found.push(inHome(".local", "pipx", "venvs", NAME, "bin"));
    if (platform === "darwin") {
        found.push("/opt/homebrew/bin/chorale");
        found.push(inHome("Applications", "Chorale Companion.app", "Contents", "MacOS"));
        found.push("/Applications/Chorale Companion.app/Contents/MacOS/chorale");
    }
    found.push("/usr/local/bin/chorale");
    return found;
}

function isProgram(file) {
    try {
        fs.accessSync(file, fs.constants.X_OK);
        return fs.statSync(file).isFile();
    } catch (error) {
        return false;
    }
}

function show(line) {
    const words = line.trim().slice(0, LONGEST_LINE).split(/\s+/);
    Promise.resolve(max.outlet("set", ...words)).catch(() => undefined); // Max may be on its way out
}

function command(ports) {
    const takes = path.join(os.homedir(), "Music", "Chorale Companion");
    return [
        "jam", "--plain", "--until-eof", "--no-midi", "--clock", "osc",
        "--osc-in", String(ports[0]), "--osc-out", String(ports[1]), "--record", takes
    ];
}

// Says the last whole line of what comes.
function follow(stream, heard) {
    let rest = "";
    stream.setEncoding("utf8");
    stream.on("data", (text) => {
        const lines = (rest + text).split(/[\r\n]+/);
        rest = lines.pop();
        const last = lines.filter((line) => line.trim()).pop();
        if (last) {
            heard(last);
        }
    });
}

function run(ports) {
    const program = places(process.platform, os.homedir(), process.env).find(isProgram);
    if (!program) {
        show("chorale is not installed: see docs/live-setup.md");
        return;
    }
    let last = "";
    const child = spawn(program, command(ports), { stdio: ["pipe", "pipe", "pipe"], windowsHide: true });
    const heard = (line) => {
        last = line;
        show(line);
    };
    show("Starting");
    follow(child.stdout, heard);
    follow(child.stderr, heard);
    child.stdin.on("error", () => undefined); // it has ended already
    child.on("error", (error) => show(`cannot start ${program}: ${error.message}`));
    child.on("exit", (code) => show(code ? `Ended: ${last || `code ${code}`}` : "Stopped"));
    endWith(child);
}

// However Max ends this process, the companion's pipe breaks; where it asks, the companion is given time to save.
function endWith(child) {
    let ending = false;
    const end = () => {
        if (ending) {
            return;
        }
        ending = true;
        child.on("exit", () => process.exit(0));
        child.stdin.end();
        setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
        setTimeout(() => process.exit(0), PATIENCE_MS + 500);
        if (child.exitCode !== null) {
            process.exit(0);
        }
    };
    ["SIGTERM", "SIGINT", "SIGHUP", "disconnect"].forEach((name) => process.on(name, end));
}

if (require.main === module || process.env.MAX_ENV) {
    run(process.argv.slice(2));
}

module.exports = { places };
