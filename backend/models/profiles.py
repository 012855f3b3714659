"""The large models that can stand where the shipped networks do, as data: what is fetched, its terms, how it is used.

Standard library only: the add-on shows the same table. Nothing of it ships; `python -m backend models` fetches it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import ErrorCode

#: Licences that ask for nothing but their text; all others are shown and accepted by name before a download.
PERMISSIVE = {"apache-2.0", "mit"}


@dataclass(frozen=True)
class Part:
    """One repository of the hub, or a part of one.

    name: within its profile. folders: those whose configuration and weights are wanted, '' for the root. files: single
    ones beside them. revision: the commit that is wanted, where others than us name it, too; empty, the hub is asked
    for the newest one and the lock (store.py) holds that. gigabytes: in half precision; estimated, the hub says before
    a download. config: by folder, what its config.json must say, so that a model of another architecture is refused.
    """

    name: str
    repo: str
    licence: str
    terms: str
    gigabytes: float
    folders: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    revision: str = ""
    config: tuple[tuple[str, str, object], ...] = ()  # folder, key, value
    optional: bool = False  # a job does without it

    @property
    def permissive(self) -> bool:
        return self.licence in PERMISSIVE


@dataclass(frozen=True)
class Profile:
    """A set of parts, and how a job uses them.

    family: the module of backend/large that knows such models. texels: side of the atlas that it paints. steps: of
    the whole way from noise. strength: share of that way that a job goes, from the completion of the shipped
    networks. guidance: of the words (Ho and Salimans, arXiv 2207.12598); 1 is none. likeness: weight of the portrait
    as a picture prompt. way: atlas or around, where a job leaves it open. controls: by way the weight of each
    ControlNet part; optional ones count where they are. layout: how firmly edges around the landmarks are held, 0 to 1.
    memory: GB with everything on the graphics card, GB of the largest networks that work together, and GB for each
    picture at work, in half precision; estimated.
    """

    name: str
    label: str
    family: str
    parts: tuple[Part, ...]
    texels: int
    steps: int
    strength: float
    guidance: float
    memory: tuple[float, float, float]
    likeness: float = 0.0
    way: str = "atlas"
    controls: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    layout: float = 0.0

    @property
    def gigabytes(self) -> float:
        return sum(part.gigabytes for part in self.parts)

    @property
    def licences(self) -> tuple[str, ...]:
        """Those that are to be accepted by name."""
        return tuple(sorted({part.licence for part in self.parts if not part.permissive}))

    def part(self, name: str) -> Part:
        """Raises: AvatarTexError, BAD_REQUEST where it has none of that name."""
        for part in self.parts:
            if part.name == name:
                return part
        names = ", ".join(part.name for part in self.parts)
        raise ErrorCode.BAD_REQUEST(f"{self.label} has no part {name!r}.", f"Use one of {names}.")


OPENRAIL = "https://huggingface.co/spaces/CompVis/stable-diffusion-license"
OPENRAIL_XL = "https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/blob/main/LICENSE.md"
APACHE = "https://www.apache.org/licenses/LICENSE-2.0"
MIT = "https://opensource.org/license/mit"

#: Of a ControlNet: which models it is for.
SD15, SDXL = ((("", "cross_attention_dim", width),) for width in (768, 2048))

#: The newest commit of all IP-Adapters' repository.
IP_ADAPTER = "018e402774aeeddd60609b4ecdb7e298259dc729"

#: CLIP ViT-H, which both IP-Adapters read the portrait with.
IMAGE_ENCODER = Part(
    "image_encoder",
    "h94/IP-Adapter",
    "apache-2.0",
    APACHE,
    2.5,
    ("models/image_encoder",),
    revision=IP_ADAPTER,
    config=(("models/image_encoder", "model_type", "clip_vision_model"),),
)

#: What backend.lab trains for this layout and these styles: it is on no hub, an artist adds it.
LORA = Part("lora", "", "apache-2.0", APACHE, 0.0, files=("lora.safetensors",), optional=True)

#: A tiny decoder for the picture that a job shows as it goes: other ways of seeing latents do without.
TAESD, TAESDXL = (
    Part("preview", repo, "mit", MIT, 0.01, ("",), (), commit, (("", "_class_name", "AutoencoderTiny"),), optional=True)
    for repo, commit in (
        ("madebyollin/taesd", "614f76814bbe30edbe2e627ace1c2234c81a2c0e"),
        ("madebyollin/taesdxl", "b20258aaef75ef61e659c1e0f14f251cf0ad153e"),
    )
)

#: Trained by Paint3D, and there but a pickle: an artist adds it as safetensors.
POSITION = Part("position", "", "apache-2.0", APACHE, 0.0, ("",), config=SD15, optional=True)


def control(name: str, repo: str, revision: str) -> Part:
    """A ControlNet of lllyasviel's for Stable Diffusion 1.5."""
    return Part(name, repo, "openrail", OPENRAIL, 0.7, ("",), (), revision, SD15)


#: Its maker has it as a pickle alone; here it is one file with its maker's own names of layers.
TILE = Part(
    "tile",
    "comfyanonymous/ControlNet-v1-1_fp16_safetensors",
    "openrail",
    OPENRAIL,
    0.7,
    files=("control_v11f1e_sd15_tile_fp16.safetensors",),
)

PROFILES = {
    profile.name: profile
    for profile in (
        Profile(
            "sd15",
            "Stable Diffusion 1.5",
            "unet",
            (
                Part(
                    "base",
                    "stable-diffusion-v1-5/stable-diffusion-inpainting",
                    "creativeml-openrail-m",
                    OPENRAIL,
                    2.2,
                    ("unet", "vae", "text_encoder", "tokenizer", "scheduler"),
                    revision="8a4288a76071f7280aedbdb3253bdb9e9d5d84bb",
                    config=(("unet", "in_channels", 9), ("unet", "cross_attention_dim", 768)),
                ),
                control("canny", "lllyasviel/control_v11p_sd15_canny", "115a470d547982438f70198e353a921996e2e819"),
                TILE,
                control("depth", "lllyasviel/control_v11f1p_sd15_depth", "539f99181d33db39cf1af2e517cd8056785f0a87"),
                control("normal", "lllyasviel/control_v11p_sd15_normalbae", "cb7296e6587a219068e9d65864e38729cd862aa8"),
                Part(
                    "adapter",
                    "h94/IP-Adapter",
                    "apache-2.0",
                    APACHE,
                    0.1,
                    files=("models/ip-adapter-plus_sd15.safetensors",),
                    revision=IP_ADAPTER,
                ),
                IMAGE_ENCODER,
                TAESD,
                POSITION,
                LORA,
            ),
            texels=512,
            steps=24,
            strength=0.6,
            guidance=5.0,
            memory=(8.0, 3.9, 0.6),
            likeness=0.5,
            way="around",
            controls={
                "atlas": {"canny": 0.5, "tile": 0.6, "position": 0.6},
                "around": {"depth": 0.6, "normal": 0.4, "tile": 0.4},
            },
            layout=0.5,
        ),
        Profile(
            "sdxl",
            "Stable Diffusion XL",
            "unet",
            (
                Part(
                    "base",
                    "diffusers/stable-diffusion-xl-1.0-inpainting-0.1",
                    "openrail++",
                    OPENRAIL_XL,
                    7.0,
                    ("unet", "vae", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "scheduler"),
                    revision="115134f363124c53c7d878647567d04daf26e41e",
                    config=(("unet", "in_channels", 9), ("unet", "cross_attention_dim", 2048)),
                ),
                Part(
                    "tile",
                    "xinsir/controlnet-tile-sdxl-1.0",
                    "apache-2.0",
                    APACHE,
                    2.5,
                    ("",),
                    revision="1ae8d9529efe58f7362a987363ff86a7904dc84f",
                    config=SDXL,
                ),
                Part("depth", "xinsir/controlnet-depth-sdxl-1.0", "apache-2.0", APACHE, 2.5, ("",), config=SDXL),
                Part(
                    "adapter",
                    "h94/IP-Adapter",
                    "apache-2.0",
                    APACHE,
                    0.85,
                    files=("sdxl_models/ip-adapter-plus_sdxl_vit-h.safetensors",),
                    revision=IP_ADAPTER,
                ),
                IMAGE_ENCODER,
                TAESDXL,
                LORA,
            ),
            texels=1024,
            steps=24,
            strength=0.6,
            guidance=5.0,
            memory=(17.5, 10.1, 1.8),
            likeness=0.5,
            way="around",
            controls={"atlas": {"tile": 0.7}, "around": {"depth": 0.6, "tile": 0.5}},
            layout=0.5,
        ),
        Profile(
            "klein",
            "FLUX.2 klein 4B",
            "flux2",
            (
                Part(
                    "base",
                    "black-forest-labs/FLUX.2-klein-4B",
                    "apache-2.0",
                    APACHE,
                    16.0,
                    ("transformer", "vae", "text_encoder", "tokenizer", "scheduler"),
                    revision="e7b7dc27f91deacad38e78976d1f2b499d76a294",
                    config=(("transformer", "_class_name", "Flux2Transformer2DModel"),),
                ),
                LORA,
            ),
            texels=1024,
            steps=4,
            strength=0.75,
            guidance=1.0,
            memory=(19.0, 9.5, 1.8),
            likeness=1.0,
            layout=0.5,
        ),
    )
}


def find_profile(name: str) -> Profile:
    """Raises: AvatarTexError, BAD_REQUEST for a name that is none."""
    if name not in PROFILES:
        cure = f"Use one of {', '.join(PROFILES)}."
        raise ErrorCode.BAD_REQUEST(f"There is no profile {name!r}.", cure)
    return PROFILES[name]
