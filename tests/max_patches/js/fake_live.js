"use strict";
// Live's API as Cycling '74's pages describe it, as far as the script uses it; what they do not say is an error here.
//
//   https://docs.cycling74.com/apiref/js/liveapi   ids are awarded when an object is first looked at; get gives lists;
//       not in global code, not in the high-priority thread
//   https://docs.cycling74.com/apiref/lom          the objects and their functions; a refusal is a line in Max's
//       console, and no exception

class Live {
    constructor(set, habits) {
        this.set = set; // {tracks: [{name, midi, frozen, slots: [clip|null], devices: [{name, parameters}]}], scenes}
        this.habits = habits; // {splitNames, textIds, askedPaths}
        this.console = [];
        this.calls = []; // what changes the Set
        this.ids = new Map();
        this.byId = new Map();
        this.loading = true;
        this.highPriority = false;
        this.notesTaken = Infinity; // add_new_notes takes so many and is silent about the rest
    }

    idOf(object) {
        if (!this.ids.has(object)) {
            this.ids.set(object, this.ids.size * 7 + 3);
        }
        return this.ids.get(object);
    }

    at(path) {
        const words = path.split(" ");
        if (words[0] === "id") {
            return this.byId.get(Number(words[1])) || null;
        }
        if (path === "this_device") {
            const { track, device } = this.set.thisDevice || {};
            return track === undefined ? null : this.at(`live_set tracks ${track} devices ${device}`);
        }
        if (words.shift() !== "live_set") {
            return null;
        }
        let here = { kind: "song", set: this.set };
        while (words.length) {
            const word = words.shift();
            const child = KINDS[here.kind].children[word];
            if (!child) {
                throw new Error(`no child ${word} of ${here.kind}`);
            }
            here = child.call(this, here, child.length > 1 ? Number(words.shift()) : undefined);
            if (!here) {
                return null;
            }
        }
        return here;
    }

    pathOf(clip) {
        for (const [place, track] of this.set.tracks.entries()) {
            const slot = track.slots.indexOf(clip);
            if (slot >= 0) {
                return `live_set tracks ${place} clip_slots ${slot} clip`;
            }
        }
        return "live_set tracks 0 arrangement_clips 0";
    }

    change(...what) {
        this.calls.push(what);
    }
}

const NOTE_KEYS = [
    "pitch", "start_time", "duration", "velocity", "mute", "probability", "velocity_deviation", "release_velocity",
];

// Notes as Live gives them, each with its id in the clip.
function dictionary(clip, isWanted) {
    const notes = clip.notes.map((note, place) => ({ note_id: place + 1, velocity: 100, mute: 0, ...note }));
    return JSON.stringify({ notes: notes.filter((_, place) => isWanted(clip.notes[place])) });
}

const clipOf = (live, clip) => (clip ? { kind: "clip", key: clip, clip, path: live.pathOf(clip) } : null);

const KINDS = {
    song: {
        children: {
            view: () => ({ kind: "view" }),
            tracks(_, n) {
                const track = this.set.tracks[n];
                return track ? { kind: "track", key: track, track } : null;
            },
        },
        counts: { tracks: (o) => o.set.tracks.length, scenes: (o) => o.set.scenes },
        get: {},
        call: {
            create_scene(o, index) {
                if (index !== -1) {
                    throw new Error("only at the end here");
                }
                if (o.set.scenes >= (o.set.mostScenes || Infinity)) {
                    this.console.push("create_scene: limit");
                    return;
                }
                this.change("create_scene");
                o.set.scenes += 1;
                o.set.tracks.forEach((track) => track.slots.push(null));
            },
            delete_scene(o, index) {
                this.change("delete_scene", index);
                o.set.scenes -= 1;
                o.set.tracks.forEach((track) => track.slots.splice(index, 1));
            },
        },
    },
    view: {
        children: {
            detail_clip() {
                return clipOf(this, this.set.detail);
            },
            highlighted_clip_slot() {
                const { track, scene } = this.set.highlighted || {};
                return track === undefined ? null : KINDS.track.children.clip_slots.call(this, { track: this.set.tracks[track] }, scene);
            },
        },
        counts: {},
        get: {},
        call: {},
    },
    track: {
        children: {
            clip_slots(o, n) {
                return n < o.track.slots.length ? { kind: "slot", track: o.track, n } : null;
            },
            devices(o, n) {
                const device = o.track.devices[n];
                return device ? { kind: "device", key: device, device } : null;
            },
        },
        counts: { devices: (o) => o.track.devices.length },
        get: { name: (o) => o.track.name, has_midi_input: (o) => Number(o.track.midi) },
        call: {},
    },
    device: {
        children: {
            parameters(o, n) {
                const parameter = o.device.parameters[n];
                return parameter ? { kind: "parameter", key: parameter, parameter } : null;
            },
        },
        counts: { parameters: (o) => o.device.parameters.length },
        get: { name: (o) => o.device.name },
        call: {},
    },
    parameter: {
        children: {},
        counts: {},
        get: { name: (o) => o.parameter.name, value: (o) => o.parameter.value },
        call: { str_for_value: (o, value) => o.parameter.labels[value] },
    },
    slot: {
        children: {
            clip(o) {
                return clipOf(this, o.track.slots[o.n]);
            },
        },
        counts: {},
        get: { has_clip: (o) => Number(Boolean(o.track.slots[o.n])) },
        call: {
            create_clip(o, beats) {
                if (!o.track.midi || o.track.frozen || o.track.slots[o.n] || !(beats > 0)) {
                    this.console.push("create_clip: refused");
                    return;
                }
                this.change("create_clip", o.track.name, o.n, beats);
                o.track.slots[o.n] = { name: "", midi: true, begin: 0, end: beats, loops: true, beats: 4, unit: 4, notes: [] };
            },
            delete_clip(o) {
                if (!o.track.slots[o.n]) {
                    this.console.push("delete_clip: no clip");
                    return;
                }
                this.change("delete_clip", o.track.name, o.n);
                o.track.slots[o.n] = null;
            },
        },
    },
    clip: {
        children: {},
        counts: {},
        get: {
            name: (o) => o.clip.name,
            is_midi_clip: (o) => Number(o.clip.midi),
            canonical_parent(o) {
                const [, track, , scene] = /tracks (\d+) (clip_slots (\d+))?/.exec(this.pathOf(o.clip));
                const slot = this.at(scene ? `live_set tracks ${track} clip_slots ${scene}` : `live_set tracks ${track}`);
                slot.path = scene ? `live_set tracks ${track} clip_slots ${scene}` : `live_set tracks ${track}`;
                const id = this.idOf(slot);
                this.byId.set(id, slot);
                return ["id", id];
            },
            loop_start: (o) => o.clip.begin,
            loop_end: (o) => o.clip.end,
            looping: (o) => Number(o.clip.loops),
            start_marker: (o) => o.clip.start ?? o.clip.begin,
            end_marker: (o) => o.clip.stop ?? o.clip.end,
            signature_numerator: (o) => o.clip.beats,
            signature_denominator: (o) => o.clip.unit,
        },
        set: { name: (o, value) => (o.clip.name = String(value)) },
        call: {
            add_new_notes(o, given) {
                for (const note of given.notes) {
                    for (const key of ["pitch", "start_time", "duration"]) {
                        if (typeof note[key] !== "number") {
                            throw new Error(`a note needs ${key}`);
                        }
                    }
                    if (!(Number.isInteger(note.pitch) && note.duration > 0)) {
                        throw new Error("no such note");
                    }
                    const strange = Object.keys(note).filter((key) => !NOTE_KEYS.includes(key));
                    if (strange.length) {
                        throw new Error(`a note has no ${strange}`);
                    }
                }
                this.change("add_new_notes", given.notes.length);
                o.clip.notes.push(...given.notes.slice(0, this.notesTaken));
            },
            get_notes_extended(o, pitch, pitchSpan, from, span) {
                if (!o.clip.midi) {
                    this.console.push("get_notes_extended: no MIDI clip");
                    return undefined;
                }
                const inside = (note) => note.start_time >= from && note.start_time < from + span;
                const high = (note) => note.pitch >= pitch && note.pitch < pitch + pitchSpan;
                return dictionary(o.clip, (note) => inside(note) && high(note));
            },
            get_selected_notes_extended(o) {
                return dictionary(o.clip, (note) => (o.clip.selected || []).includes(o.clip.notes.indexOf(note)));
            },
        },
    },
};

exports.Live = Live;
exports.apiOf = (live) =>
    class LiveAPI {
        constructor(path) {
            if (live.loading) {
                throw new Error("LiveAPI in global code");
            }
            if (live.highPriority) {
                throw new Error("LiveAPI in the high-priority thread");
            }
            this.object = live.at(path);
            const canonical = this.object && this.object.path;
            this.unquotedpath = live.habits.askedPaths && !path.startsWith("id ") ? path : canonical || path;
            this.path = `"${this.unquotedpath}"`;
            const id = this.object ? live.idOf(this.object.key || path) : 0;
            this.id = live.habits.textIds ? String(id) : id;
        }

        get(name) {
            const read = this.object && KINDS[this.object.kind].get[name];
            if (!read) {
                throw new Error(`no property ${name}`);
            }
            const value = read.call(live, this.object);
            if (Array.isArray(value)) {
                return value;
            }
            return typeof value === "string" && live.habits.splitNames ? value.split(" ") : [value];
        }

        set(name, value) {
            KINDS[this.object.kind].set[name].call(live, this.object, value);
        }

        getcount(name) {
            return KINDS[this.object.kind].counts[name].call(live, this.object);
        }

        call(name, ...given) {
            const method = this.object && KINDS[this.object.kind].call[name];
            if (!method) {
                throw new Error(`no function ${name}`);
            }
            return method.call(live, this.object, ...given);
        }
    };
