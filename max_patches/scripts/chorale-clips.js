// Reads and writes clips for the Chorale Companion. For Max's js object, in Max 8 and 9 (ECMAScript 5).
//
// The Live API is used only in reply to a message, never while the script is loaded. A js object always runs in Max's
// low-priority thread, and what comes from the network is put off once more by a deferlow in the patch.
//
//   press harmonise | press continue    the selected clip's notes go to the companion
//   press rewrite                       what is selected in the clip does, with the four voices around it
//   ready                               the device is loaded
//   tick                                a quarter of a second has gone by
//   online N, always N, bars N, group NAME
//   heard, working, answer, notes, fault    from the companion, by way of the Hub; see docs/protocol.md
//
// Left outlet: messages for the companion. Right outlet: a line for the player, as "set" and its words.

autowatch = 0;
inlets = 1;
outlets = 2;

var VOICES = ["Soprano", "Alto", "Tenor", "Bass"];
var ADDRESS = "/chorale/clip/";
var MOST_NOTES = 2000, LONGEST_BEATS = 512, CHUNK_NOTES = 12;
var AT_ONCE = 8; // chunks on their way
var AGAIN_TICKS = 2, MOST_TIMES = 20; // a chunk without a receipt
var ASK_TICKS = 8, GONE_TICKS = 40; // without any news: ask how far it is; give up
var HERE_TICKS = 8;
var MOST_PARCELS = 4, MOST_DONE = 32;
var SAME_BEATS = 0.002; // what an answer's times, counted in 960ths and sent as floats, may be off
var BAR_EDGE = 1e-6; // bars; so little before a bar line is on it
var NOTE_WORDS = [
    "pitch", "start_time", "duration", "velocity", "mute", "probability", "velocity_deviation", "release_velocity"
];

var NOTHING = ": nothing was written";

var ticks = 0;
var isOnline = false, isAlways = false, newBars = 4, ownGroup = "A";
var wish = null; // what is under way
var parcels = {}; // answers that arrive, by request
var done = []; // requests whose answers are written, or given up
var turns = {}; // how often the same was wished of the same clip

// What the patch says

function ready() {
    say(isOnline ? "Choose a clip, or select notes in it, then press what to do" : "Waits for the companion");
}

function online(on) {
    var was = isOnline;
    isOnline = !!on;
    if (isOnline && !was) {
        here();
    }
    if (isOnline !== was && !wish) {
        ready();
    }
    if (!isOnline && wish) {
        giveUp("The companion is gone" + NOTHING);
    }
    if (!isOnline) {
        parcels = {};
    }
}

function always(on) {
    isAlways = !!on;
    here();
}

function bars(number) {
    newBars = number;
}

function group(name) {
    ownGroup = String(name);
}

function tick() {
    ticks += 1;
    if (ticks % HERE_TICKS === 0) {
        here();
    }
    carryWish();
    var request, stale = [];
    for (request in parcels) {
        if (ticks - parcels[request].heard > GONE_TICKS) {
            stale.push(Number(request));
        }
    }
    while (stale.length) {
        finish(stale.pop());
        say("An answer arrived in part only" + NOTHING);
    }
}

function press(what) {
    if (wish && wish.born === ticks) {
        return; // a button that speaks twice
    }
    var fault = begin(String(what));
    if (fault) {
        say(fault);
    }
}

// A wish: the clip's notes to the companion

function begin(what) {
    if (!isOnline) {
        return "The companion is not there: start it, then press again";
    }
    var found = findVoices();
    if (found.fault) {
        return found.fault;
    }
    var source = what === "rewrite" ? selection(found.tracks) : selectedClip();
    if (source.fault) {
        return source.fault;
    }
    if (wish) {
        tell("drop", [wish.request]);
        finish(wish.request);
    }
    start(what, source);
    return "";
}

function start(what, source) {
    var key = [what, source.id].concat(source.where).join(" ");
    var turn = turns[key] || 0;
    turns[key] = turn + 1;
    var request = Math.floor(Math.random() * 1073741823) + 1;
    wish = {
        request: request, scene: source.scene, originals: source.originals, left: [0], sent: {}, messages: {},
        born: ticks, heard: ticks, asked: ticks
    };
    wish.messages[0] = [
        "ask", request, what, source.notes.length, source.length, source.beats, source.unit, newBars, turn
    ].concat(source.where);
    var chunk, place, message;
    for (chunk = 1; (chunk - 1) * CHUNK_NOTES < source.notes.length; chunk += 1) {
        message = [what === "rewrite" ? "voiced" : "part", request, chunk];
        for (place = (chunk - 1) * CHUNK_NOTES; place < Math.min(chunk * CHUNK_NOTES, source.notes.length); place += 1) {
            message = message.concat(source.notes[place]);
        }
        wish.messages[chunk] = message;
        wish.left.push(chunk);
    }
    say(source.notes.length + " notes go to the companion");
    carryWish();
}

function carryWish() {
    if (!wish) {
        return;
    }
    if (ticks - wish.heard > GONE_TICKS) {
        giveUp("The companion does not answer" + NOTHING);
        return;
    }
    var waiting = wish.left[0] === 0 ? [0] : wish.left.slice(0, AT_ONCE); // the wish itself comes first
    var place, chunk, sent;
    for (place = 0; place < waiting.length; place += 1) {
        chunk = waiting[place];
        sent = wish.sent[chunk] || { due: ticks, times: 0 };
        if (sent.times > MOST_TIMES) {
            giveUp("The companion does not answer" + NOTHING);
            return;
        }
        if (ticks >= sent.due) {
            wish.sent[chunk] = { due: ticks + AGAIN_TICKS, times: sent.times + 1 };
            tell(wish.messages[chunk][0], wish.messages[chunk].slice(1));
        }
    }
    if (!wish.left.length && ticks - wish.heard >= ASK_TICKS && ticks - wish.asked >= ASK_TICKS) {
        wish.asked = ticks;
        tell("ask", wish.messages[0].slice(1));
    }
}

function giveUp(text) {
    tell("drop", [wish.request]);
    finish(wish.request);
    say(text);
}

function finish(request) {
    delete parcels[request];
    done.push(request);
    if (done.length > MOST_DONE) {
        done.shift();
    }
    if (wish && wish.request === request) {
        wish = null;
    }
}

// From the companion

function heard(request, chunk) {
    if (!wish || wish.request !== request) {
        return;
    }
    wish.heard = ticks;
    var place = wish.left.indexOf(chunk);
    if (place >= 0) {
        wish.left.splice(place, 1);
        carryWish();
    }
}

function working(request, made, total) {
    if (wish && wish.request === request) {
        wish.heard = ticks;
        wish.left = [];
        say("Working: " + Math.floor((100 * made) / total) + " %");
    }
}

function fault(request) {
    if (wish && wish.request === request) {
        finish(request);
        say(capital(wordsOf(arguments, 1)) + NOTHING);
    }
}

function answer(request, count, length) {
    var parcel = parcelOf(request);
    tell("got", [request, 0]);
    if (parcel && !parcel.named) {
        parcel.named = true;
        parcel.count = count;
        parcel.length = length;
        parcel.name = wordsOf(arguments, 3);
        writeIfWhole(request, parcel);
    }
}

function notes(request, chunk) {
    var parcel = parcelOf(request);
    tell("got", [request, chunk]);
    if (parcel && !parcel.chunks[chunk]) {
        parcel.chunks[chunk] = Array.prototype.slice.call(arguments, 2);
        parcel.arrived += parcel.chunks[chunk].length / 5;
        writeIfWhole(request, parcel);
    }
}

// Where an answer is collected; null for one that is done with, or that nobody here has asked for.
function parcelOf(request) {
    if (done.indexOf(request) >= 0 || (request > 0 && !(wish && wish.request === request))) {
        return null;
    }
    if (wish && wish.request === request) {
        wish.heard = ticks;
        wish.left = [];
    }
    if (!parcels[request]) {
        parcels[request] = { named: false, count: 0, length: 0, name: "", chunks: {}, arrived: 0, heard: ticks };
        var all = Object.keys(parcels);
        if (all.length > MOST_PARCELS) {
            delete parcels[all[0]];
        }
    }
    parcels[request].heard = ticks;
    return parcels[request];
}

function writeIfWhole(request, parcel) {
    if (!parcel.named || parcel.arrived < parcel.count) {
        return;
    }
    var own = wish && wish.request === request ? wish : { scene: 0, originals: [] };
    finish(request);
    if (request > 0 || isFirst()) {
        say(write(parcel, own.scene, own.originals));
    }
}

// Whether this is the first Chorale Clip of its group in the Set: of several, one writes what comes unasked.
function isFirst() {
    var tracks = new LiveAPI("live_set").getcount("tracks"), at, place, devices, device;
    for (at = 0; at < tracks; at += 1) {
        devices = new LiveAPI("live_set tracks " + at).getcount("devices");
        for (place = 0; place < devices; place += 1) {
            device = "live_set tracks " + at + " devices " + place;
            if (text(new LiveAPI(device), "name") === "Chorale Clip" && choice(device, "Group", "") === ownGroup) {
                return Number(new LiveAPI(device).id) === Number(new LiveAPI("this_device").id);
            }
        }
    }
    return true; // it is in a rack, or has another name
}

// Writing

function write(parcel, scene, originals) {
    var found = findVoices();
    if (found.fault) {
        return found.fault + NOTHING;
    }
    var place = freeScene(found.tracks, scene);
    if (place.fault) {
        return place.fault + NOTHING;
    }
    var made = [], voice, refused = "";
    for (voice = 0; voice < VOICES.length && !refused; voice += 1) {
        var slot = found.tracks[voice].path + " clip_slots " + place.scene;
        refused = writeClip(slot, parcel, asTheyWere(notesOf(parcel, voice), originals, voice), voice, made);
    }
    if (!refused) {
        return "Written: " + parcel.name + ", scene " + (place.scene + 1);
    }
    while (made.length) {
        new LiveAPI(made.pop()).call("delete_clip");
    }
    if (place.added) {
        new LiveAPI("live_set").call("delete_scene", place.scene);
    }
    return refused + NOTHING;
}

// Why Live has refused; empty where the clip is as it should be. Live only writes its refusals into the console.
function writeClip(path, parcel, wanted, voice, made) {
    var slot = new LiveAPI(path);
    slot.call("create_clip", parcel.length);
    if (!number(slot, "has_clip")) {
        return "Live refuses a clip on the track of the " + VOICES[voice].toLowerCase() + " (is it frozen?)";
    }
    made.push(path);
    var clip = new LiveAPI(path + " clip");
    if (wanted.length) {
        clip.call("add_new_notes", { notes: wanted });
    }
    clip.set("name", parcel.name);
    var written = clipNotes(clip, 0, parcel.length).length;
    return written === wanted.length ? "" : "Live took " + written + " of " + wanted.length + " notes";
}

function notesOf(parcel, voice) {
    var found = [], chunk, values, place;
    for (chunk in parcel.chunks) {
        values = parcel.chunks[chunk];
        for (place = 0; place < values.length; place += 5) {
            if (values[place] === voice + 1) {
                found.push({
                    pitch: values[place + 1],
                    start_time: values[place + 2],
                    duration: values[place + 3],
                    velocity: values[place + 4]
                });
            }
        }
    }
    return found;
}

// Notes of which there is an original are that one, with all that Live knows of it; muted ones stay where there is room.
function asTheyWere(wanted, originals, voice) {
    var own = originals.filter(function (one) {
        return one.voice === voice || (one.voice === -1 && !one.note.mute);
    });
    var kept = wanted.map(function (note) {
        var same = own.filter(function (one) {
            return !one.note.mute && isSame(one, note);
        });
        return same.length ? same[0].note : note;
    });
    return kept.concat(own.filter(function (one) {
        return one.note.mute && !kept.some(function (note) {
            return overlaps(note, one.note);
        });
    }).map(function (one) {
        return one.note;
    }));
}

function isSame(one, note) {
    return one.note.pitch === note.pitch && Math.abs(one.note.start_time - note.start_time) < SAME_BEATS &&
        Math.abs(one.heard - note.duration) < SAME_BEATS;
}

function overlaps(one, other) {
    return one.pitch === other.pitch && one.start_time < other.start_time + other.duration &&
        other.start_time < one.start_time + one.duration;
}

// The first scene from this one on in which all four slots are empty; where there is none, another is added.
function freeScene(tracks, from) {
    var song = new LiveAPI("live_set");
    var scenes = song.getcount("scenes");
    var scene, voice, free;
    for (scene = from; scene < scenes; scene += 1) {
        free = true;
        for (voice = 0; voice < tracks.length && free; voice += 1) {
            free = !number(new LiveAPI(tracks[voice].path + " clip_slots " + scene), "has_clip");
        }
        if (free) {
            return { scene: scene, added: false };
        }
    }
    song.call("create_scene", -1);
    if (song.getcount("scenes") !== scenes + 1) {
        return { fault: "Every slot is full, and Live adds no scene" };
    }
    return { scene: scenes, added: true };
}

// Reading

// What is shown in the clip view, else what is highlighted.
function shownClip() {
    var clip = new LiveAPI("live_set view detail_clip");
    if (!exists(clip)) {
        clip = new LiveAPI("live_set view highlighted_clip_slot clip");
    }
    if (!exists(clip)) {
        return { fault: "No clip is chosen: click one, then press again" };
    }
    if (!number(clip, "is_midi_clip")) {
        return { fault: "That is an audio clip: choose a MIDI clip" };
    }
    return { clip: clip, fault: "" };
}

function selectedClip() {
    var shown = shownClip();
    if (shown.fault) {
        return shown;
    }
    var clip = shown.clip;
    var begin = number(clip, "loop_start");
    var length = number(clip, "loop_end") - begin;
    var played = clipNotes(clip, begin, length).filter(isPlayed).map(function (note) {
        return asSent(note, begin);
    });
    return {
        fault: unfit(played.length, length, "The clip", "shorten its loop"),
        id: Number(clip.id),
        notes: played,
        where: [],
        originals: [],
        length: length,
        beats: number(clip, "signature_numerator"),
        unit: number(clip, "signature_denominator"),
        scene: sceneOf(clip)
    };
}

function isPlayed(note) {
    return !note.mute && note.pitch >= 0 && note.pitch <= 127;
}

// A note of a clip that begins there, as it goes to the companion.
function asSent(note, begin) {
    var velocity = note.velocity === undefined ? 100 : note.velocity;
    return [note.pitch, note.start_time - begin, note.duration, Math.max(1, Math.min(127, Math.round(velocity)))];
}

// What is selected, in the voice of the clip's track, and the four voices around it: their clips in the same scene, or
// the one clip where it does not lie among them. All of each clip counts, also what its loop leaves out.
function selection(tracks) {
    var shown = shownClip();
    if (shown.fault) {
        return shown;
    }
    var picked = pickedIn(shown.clip);
    var four = picked.fault ? picked : beside(shown.clip, tracks);
    if (four.fault) {
        return four;
    }
    var bar = (4 * number(shown.clip, "signature_numerator")) / number(shown.clip, "signature_denominator");
    var around = stretch(four.clips, shown.clip, bar);
    var first = Math.max(0, picked.from - around.begin), stop = Math.min(around.length, picked.to - around.begin);
    var source = {
        id: Number(shown.clip.id),
        notes: [],
        where: [first, stop, Math.round(around.begin / bar) + 1],
        originals: [],
        length: around.length,
        beats: number(shown.clip, "signature_numerator"),
        unit: number(shown.clip, "signature_denominator"),
        scene: sceneOf(shown.clip)
    };
    var isAny = gather(four.clips, picked, around, source);
    source.fault = unfit(source.notes.length, around.length, "The music", "rewrite shorter clips");
    if (!source.fault && !(isAny && first < stop)) {
        source.fault = "There is no note to rewrite: select some, or set the loop around them";
    }
    return source;
}

// From where to where is selected in a clip, and which notes: ids, or null for all that begin in its loop.
function pickedIn(clip) {
    var found = listed(clip.call("get_selected_notes_extended"));
    if (!found.length) {
        return { from: number(clip, "loop_start"), to: number(clip, "loop_end"), ids: null, fault: "" };
    }
    var picked = { from: Infinity, to: -Infinity, ids: {}, fault: "" };
    found.filter(isPlayed).forEach(function (note) {
        picked.from = Math.min(picked.from, note.start_time);
        picked.to = Math.max(picked.to, note.start_time + note.duration);
        picked.ids[note.note_id] = true;
    });
    if (picked.from === Infinity) {
        picked.fault = "What is selected is muted: nobody sings it";
    }
    return picked;
}

// The clips of the four voices in a clip's scene; a clip that is of no voice, or alone in its scene, is to hold all four.
function beside(clip, tracks) {
    var slot = slotOf(clip), voice, path, own = -1, clips = [], missing = [];
    for (voice = 0; slot && voice < tracks.length; voice += 1) {
        path = tracks[voice].path + " clip_slots " + slot.scene;
        if (number(new LiveAPI(path), "has_clip")) {
            clips.push({ clip: new LiveAPI(path + " clip"), voice: voice });
        } else {
            missing.push(VOICES[voice].toLowerCase());
        }
        if (tracks[voice].path === "live_set tracks " + slot.track) {
            own = voice;
        }
    }
    if (own < 0 || clips.length === 1) {
        return { clips: [{ clip: clip, voice: -1 }], fault: "" };
    }
    if (missing.length) {
        return { fault: "No clip of " + missing.join(", ") + " in scene " + (slot.scene + 1) + ": it takes four voices" };
    }
    return { clips: clips, fault: "" };
}

// From the bar line before what any of some clips holds, on one clip's own ruler, to the end of the longest. Clips go
// together as a scene starts them: from where they start.
function stretch(clips, shown, bar) {
    var start = spanOf(shown).start, before = 0, after = 0;
    clips.forEach(function (one) {
        one.span = spanOf(one.clip);
        before = Math.max(before, one.span.start - one.span.from);
        after = Math.max(after, one.span.to - one.span.start);
    });
    var begin = Math.floor((start - before) / bar + BAR_EDGE) * bar;
    return { begin: begin, length: start + after - begin, start: start };
}

// Where a clip's music lies and where it starts: in its loop and between its markers, or where it does not loop there.
function spanOf(clip) {
    var span = { from: number(clip, "loop_start"), to: number(clip, "loop_end") };
    span.start = span.from;
    if (number(clip, "looping")) {
        span.start = number(clip, "start_marker");
        span.from = Math.min(span.from, span.start);
        span.to = Math.max(span.to, number(clip, "end_marker"));
    }
    return span;
}

// Reads all notes into a source; whether any of them is selected.
function gather(clips, picked, around, source) {
    var isAny = false;
    clips.forEach(function (one) {
        var shift = one.span.start - around.start;
        var isShown = Number(one.clip.id) === source.id;
        clipNotes(one.clip, around.begin + shift, around.length).forEach(function (note) {
            var isChosen = isShown && isPlayed(note) &&
                (picked.ids ? !!picked.ids[note.note_id] : note.start_time >= picked.from && note.start_time < picked.to);
            isAny = isAny || isChosen;
            source.originals.push(original(note, one.voice, around.begin + shift, around.length));
            if (isPlayed(note)) {
                source.notes.push([one.voice + 1, isChosen ? 1 : 0].concat(asSent(note, around.begin + shift)));
            }
        });
    });
    return isAny;
}

// A note as another clip can be given it, with all that Live knows of it; its voice, and how long it is heard.
function original(note, voice, begin, length) {
    var copy = {};
    NOTE_WORDS.forEach(function (word) {
        if (note[word] !== undefined) {
            copy[word] = note[word];
        }
    });
    copy.start_time = note.start_time - begin;
    return { voice: voice, note: copy, heard: Math.min(copy.duration, length - copy.start_time) };
}

// The scene of a clip; the first one for a clip of the arrangement.
function sceneOf(clip) {
    var slot = slotOf(clip);
    return slot ? slot.scene : 0;
}

// Where a clip lies; null in the arrangement. A path may be the one that was asked for.
function slotOf(clip) {
    var place = /tracks (\d+) clip_slots (\d+)/;
    var slot = place.exec(String(clip.path)) || place.exec(String(new LiveAPI(text(clip, "canonical_parent")).path));
    return slot ? { track: Number(slot[1]), scene: Number(slot[2]) } : null;
}

function unfit(count, length, what, remedy) {
    if (!count) {
        return "The clip holds no notes";
    }
    if (count > MOST_NOTES) {
        return what + " holds " + count + " notes, and may hold " + MOST_NOTES + ": " + remedy;
    }
    if (length > LONGEST_BEATS) {
        return what + " lasts " + length + " beats, and may last " + LONGEST_BEATS + ": " + remedy;
    }
    return "";
}

function clipNotes(clip, from, span) {
    return listed(clip.call("get_notes_extended", 0, 128, from, span));
}

// Live gives a dictionary, which a js object sees as JSON.
function listed(found) {
    if (typeof found === "string") {
        found = JSON.parse(found);
    }
    return (found && found.notes) || [];
}

// The four voices' tracks: where a Chorale Voice of our group lies, else where the track's name says so.
function findVoices() {
    var named = [[], [], [], []], playing = [[], [], [], []];
    var count = new LiveAPI("live_set").getcount("tracks");
    var at, track, voice, path;
    for (at = 0; at < count; at += 1) {
        path = "live_set tracks " + at;
        track = { path: path, name: text(new LiveAPI(path), "name") };
        voice = voiceDevice(path, track.name);
        if (voice >= 0) {
            playing[voice].push(track);
        } else if (voice === -1 && number(new LiveAPI(path), "has_midi_input")) {
            voice = voiceNamed(track.name);
            if (voice >= 0) {
                named[voice].push(track);
            }
        }
    }
    return chosen(playing, named);
}

function chosen(playing, named) {
    var tracks = [], voice, claims;
    for (voice = 0; voice < VOICES.length; voice += 1) {
        claims = playing[voice].length ? playing[voice] : named[voice];
        if (!claims.length) {
            return {
                fault: "No track is the " + VOICES[voice].toLowerCase() + ": name one " + VOICES[voice] +
                    ", or put a Chorale Voice on it"
            };
        }
        if (claims.length > 1) {
            return {
                fault: "Two tracks are the " + VOICES[voice].toLowerCase() + " (" + claims[0].name + ", " +
                    claims[1].name + "): rename one"
            };
        }
        tracks.push(claims[0]);
    }
    return { tracks: tracks, fault: "" };
}

// The voice of a Chorale Voice on a track; -1 where there is none, -2 where it is of another group.
function voiceDevice(path, name) {
    var count = new LiveAPI(path).getcount("devices"), at, device;
    for (at = 0; at < count; at += 1) {
        device = path + " devices " + at;
        if (text(new LiveAPI(device), "name") === "Chorale Voice") {
            if (choice(device, "Group", ownGroup) !== ownGroup) {
                return -2;
            }
            return voiceNamed(choice(device, "Voice", name), name);
        }
    }
    return -1;
}

// What a menu of a device shows.
function choice(device, name, otherwise) {
    var count = new LiveAPI(device).getcount("parameters"), at, parameter;
    for (at = 0; at < count; at += 1) {
        parameter = new LiveAPI(device + " parameters " + at);
        if (text(parameter, "name") === name) {
            return wordsOf([].concat(parameter.call("str_for_value", number(parameter, "value"))), 0);
        }
    }
    return otherwise;
}

// 0 to 3 by a whole name or its first letter; where that is none, by another name.
function voiceNamed(name, other) {
    var place, plain = String(name).replace(/^[\d#\s.\-]+|\s+$/g, "").toLowerCase();
    for (place = 0; place < VOICES.length; place += 1) {
        if (plain === VOICES[place].toLowerCase() || plain === VOICES[place].charAt(0).toLowerCase()) {
            return place;
        }
    }
    return other === undefined ? -1 : voiceNamed(other);
}

// The Live API's values come as lists, and ids as numbers or as their text

function exists(api) {
    return Number(api.id) !== 0;
}

function number(api, property) {
    return Number([].concat(api.get(property))[0]);
}

function text(api, property) {
    return wordsOf([].concat(api.get(property)), 0);
}

function wordsOf(list, from) {
    return Array.prototype.slice.call(list, from).join(" ");
}

function capital(words) {
    return words.charAt(0).toUpperCase() + words.slice(1);
}

function here() {
    if (isOnline) {
        tell("here", [isAlways ? 1 : 0]);
    }
}

function tell(word, values) {
    outlet(0, [ADDRESS + word].concat(values));
}

function say(line) {
    outlet(1, ["set"].concat(line.split(" ")));
}

// What is no message for Max.
[
    begin, start, carryWish, giveUp, finish, parcelOf, writeIfWhole, isFirst, write, writeClip, notesOf, asTheyWere, isSame,
    overlaps, freeScene, shownClip, selectedClip, isPlayed, asSent, selection, pickedIn, beside, stretch, spanOf, gather, original,
    sceneOf, slotOf, unfit, clipNotes, listed, findVoices, chosen, voiceDevice, choice, voiceNamed, exists, number, text, wordsOf,
    capital, here, tell, say
].forEach(function (inner) {
    inner.local = 1;
});
