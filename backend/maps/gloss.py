"""What skin mirrors, region by region: roughness, specular and the scale of scattering below it."""

from functools import cache

import cv2
import numpy as np

from ..head.facial_regions import LEFT_LIDS, LIPS, RIGHT_LIDS, landmark_places
from ..head.scalp import ear_share, scalp_share
from ..imaging.sample import sample_atlas

#: Roughness of skin: Torrance and Sparrow's m of 0.3 for whole faces (d'Eon and Luebke, GPU Gems 3, chapter 14, after
#: the 149 faces of Weyrich et al. 2006) is the alpha of today's shaders, of which roughness is the root.
ROUGHNESS = 0.55
#: Landmarks in the middles of forehead, nose and chin; factor of each, its reach across and down, shares of the atlas.
#: Which is glossier: forehead, nose and chin have more sebum than cheeks (Youn et al., Skin Research
#: and Technology 2005), and sebum is what gloss goes with most (0.49; Int. J. Cosmetic Science 32, 2010). How far
#: apart: the gloss map of Antonia, nose 1.06, cheeks 1.03, chin 1.02, neck 1.01, forehead, ears and scalp 0.99, lips
#: 0.98, lids 0.82 of its mean; a factor here moves a highlight's brightness by its fourth power.
SPOTS = {151: (0.93, 0.10, 0.05), 4: (0.88, 0.035, 0.045), 199: (0.95, 0.045, 0.03)}
#: Least and most of the mean.
RANGE = (0.85, 1.15)
#: F0 as a share of 0.08, which is Blender's Specular IOR Level and Unreal's Specular: of skin (refractive index 1.4),
#: and of hair (1.55: 0.046). Of a sheet of round fibres sin 45 degrees of it comes back: what falls on their flanks is
#: mirrored into the hair.
SKIN_F0, HAIR_F0 = 0.028 / 0.08, 0.046 * 0.707 / 0.08
SIZE = 256


@cache
def by_region() -> np.ndarray:
    """(SIZE,SIZE) float32 factors of roughness in the atlas, without scalp, ears and neck."""
    places = landmark_places() * SIZE
    row, column = np.mgrid[:SIZE, :SIZE] + 0.5
    factor = np.ones((SIZE, SIZE), np.float32)
    for landmark, (value, across, down) in SPOTS.items():
        x, y = places[landmark]
        away = ((column - x) / (across * SIZE)) ** 2 + ((row - y) / (down * SIZE)) ** 2
        factor *= 1 + (value - 1) * np.exp(-away / 2).astype(np.float32)
    for value, loops in ((0.93, (LIPS,)), (1.08, (LEFT_LIDS, RIGHT_LIDS))):
        mask = np.zeros((SIZE, SIZE), np.float32)
        for loop in loops:
            cv2.fillConvexPoly(mask, cv2.convexHull(np.rint(places[list(loop)]).astype(np.int32)), 1)
        soft = cv2.GaussianBlur(mask, (0, 0), 0.008 * SIZE)
        factor = factor * (1 - soft) + value * soft
    return factor


def find_roughness(atlas: np.ndarray, place: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """(n,) float32 0..1 of texels at (n,2) atlas and (n,3) canonical places, (n,) covered by painted hair."""
    factor = sample_atlas(by_region(), atlas)
    neck = np.clip((-0.40 - place[:, 1]) / 0.1, 0, 1)
    for value, share in ((0.97, scalp_share(place)), (1.01, ear_share(place)), (1.04, neck)):
        factor = factor * (1 - share) + value * share
    factor = np.clip(factor, *RANGE)
    factor = factor + cover * (RANGE[1] - factor)  # strands lie at all angles
    return (ROUGHNESS * factor).astype(np.float32)


def find_specular(cover: np.ndarray) -> np.ndarray:
    """(n,) float32 0..1, F0 / 0.08, of texels (n,) covered by painted hair."""
    return (SKIN_F0 + cover * (HAIR_F0 - SKIN_F0)).astype(np.float32)


def find_scatter(cover: np.ndarray) -> np.ndarray:
    """(n,) float32 0..1: the scale of scattering below texels (n,) covered by painted hair, of that in skin. Measured
    skins scatter alike all over the face (Weyrich et al. 2006), so only hair differs."""
    return (1 - cover).astype(np.float32)
