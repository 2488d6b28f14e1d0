"""Which sound files are read, and how they are called: for the decoder, the page, the command line and messages.

FFmpeg knows hundreds of formats. Some of them are lists of other files or of addresses (HLS, DASH, concat, SDP, RTSP,
RTP, image sequences, VobSub, IMF), which a stranger's file must never make us open: only what stands here is let in,
and of each format only decoders of sound. Left out on purpose are also decoders that music hardly needs and that parse
much (DTS, TrueHD, MLP, the formats of games).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """One kind of sound file.

    Attributes
    ----------
    name : str
        As listeners call it.
    suffixes : tuple of str
        How its files end, without the dot.
    demuxer : str
        FFmpeg's name of it.
    """

    name: str
    suffixes: tuple[str, ...]
    demuxer: str


FORMATS = (
    Format("MP3", ("mp3", "mp2", "mp1", "mpa"), "mp3"),
    Format("WAV", ("wav", "rf64"), "wav"),
    Format("Wave64", ("w64",), "w64"),
    Format("AIFF", ("aif", "aiff", "aifc"), "aiff"),
    Format("FLAC", ("flac",), "flac"),
    Format("Ogg", ("ogg", "oga", "opus", "spx", "ogv"), "ogg"),
    Format("MP4", ("m4a", "m4b", "mp4", "m4v", "mov", "3gp", "3g2"), "mov"),
    Format("AAC", ("aac",), "aac"),
    Format("Matroska", ("mka", "mkv", "webm", "weba"), "matroska"),
    Format("Windows Media (ASF)", ("wma", "wmv", "asf"), "asf"),
    Format("WavPack", ("wv",), "wv"),
    Format("True Audio (TTA)", ("tta",), "tta"),
    Format("Monkey's Audio (APE)", ("ape",), "ape"),
    Format("Musepack", ("mpc", "mp+"), "mpc"),
    Format("Musepack", (), "mpc8"),
    Format("DSD (DSF)", ("dsf",), "dsf"),
    Format("DSD (DSDIFF)", ("dff",), "iff"),
    Format("AC-3", ("ac3",), "ac3"),
    Format("E-AC-3", ("eac3", "ec3"), "eac3"),
    Format("CAF", ("caf",), "caf"),
    Format("AU", ("au", "snd"), "au"),
    Format("AMR", ("amr",), "amr"),
    Format("AVI", ("avi",), "avi"),
    Format("Flash video (FLV)", ("flv",), "flv"),
    Format("MPEG transport stream", ("ts", "mts", "m2ts"), "mpegts"),
    Format("MPEG program stream", ("mpg", "mpeg", "vob"), "mpeg"),
)
FILE_SUFFIXES = tuple(suffix for one in FORMATS for suffix in one.suffixes)
DEMUXERS = tuple(one.demuxer for one in FORMATS)
SUPPORTED = "WAV, AIFF, FLAC, MP3, Ogg, Opus, M4A, WMA, WavPack, the sound of MP4, WebM, MKV and AVI films, and more"

# FFmpeg's decoders of sound that are let in, beside all that begin with "pcm_".
DECODERS = (
    *("aac", "aac_latm", "ac3", "eac3", "alac", "flac", "opus", "libopus", "vorbis", "libvorbis", "speex"),
    *("mp1", "mp1float", "mp2", "mp2float", "mp3", "mp3float"),
    *("adpcm_ima_qt", "adpcm_ima_wav", "adpcm_ms", "adpcm_swf", "adpcm_yamaha", "gsm_ms", "nellymoser"),
    *("wmav1", "wmav2", "wmapro", "wmalossless", "wmavoice"),
    *("wavpack", "tta", "ape", "mpc7", "mpc8", "amrnb", "amrwb"),
    *("dsd_lsbf", "dsd_msbf", "dsd_lsbf_planar", "dsd_msbf_planar", "dst"),
)

# As people call what FFmpeg names otherwise.
CODEC_NAMES = {
    "dca": "DTS",
    "truehd": "Dolby TrueHD",
    "mlp": "MLP",
    "ac4": "AC-4",
    "cook": "RealAudio",
    "atrac3p": "ATRAC3+",
}

# First bytes of what is no sound; and of sounds in formats that are not let in, or not known to FFmpeg.
NOT_SOUND = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive",
    b"#EXTM3U": "a playlist",
    b"ffconcat": "a playlist",
    b"[playlist]": "a playlist",
    b"MThd": "a MIDI file (notes)",
}
UNREAD = {
    b".RMF": "RealMedia",
    b".ra\xfd": "RealAudio",
    b"tBaK": "TAK",
    b"OFR ": "OptimFROG",
    b"ajkg": "Shorten",
    b"\x7f\xfe\x80\x01": "DTS",
    b"\xfe\x7f\x01\x80": "DTS",
    b"DTSHDHDR": "DTS-HD",
    b"ea3\x03": "ATRAC (OMA)",
    b"EA3\x01": "ATRAC (OMA)",
    b"Extended Module: ": "XM (a tracker module)",
    b"IMPM": "IT (a tracker module)",
}
# First bytes of formats that are let in, for the case that such a file cannot be opened after all.
_HEADS = {
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "Windows Media (ASF)",
    b"wvpk": "WavPack",
    b"TTA1": "True Audio (TTA)",
    b"TTA2": "True Audio (TTA2)",
    b"MAC ": "Monkey's Audio (APE)",
    b"MP+": "Musepack",
    b"MPCK": "Musepack",
    b"DSD ": "DSD (DSF)",
    b"FRM8": "DSD (DSDIFF)",
    b"\x0b\x77": "AC-3",
    b"#!AMR": "AMR",
    b"FLV\x01": "Flash video (FLV)",
    b"\x00\x00\x01\xba": "MPEG program stream",
    b"\x1a\x45\xdf\xa3": "Matroska",
    b"OggS": "Ogg",
    b"fLaC": "FLAC",
    b".snd": "AU",
    b"caff": "CAF",
}


def name_of(head: bytes) -> str | None:
    """Name the format that a file's first bytes speak of; None where they say nothing sure."""
    if head[:4] in (b"RIFF", b"RIFX", b"RF64"):
        return "AVI" if head[8:11] == b"AVI" else "WAV"
    if head[:1] == b"G" and head[188:189] == b"G":
        return "MPEG transport stream"
    return next((name for magic, name in _HEADS.items() if head.startswith(magic)), None)
