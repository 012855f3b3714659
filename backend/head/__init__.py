"""Any head mesh: loaded, rasterised, registered to the portrait, mapped to the canonical atlas."""
