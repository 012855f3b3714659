"""The interface: the AvatarTex tab in the sidebar of the 3D view, and the preferences."""

from . import (
    batch_panel,
    export_panel,
    main_panel,
    portrait_box,
    preferences_page,
    regions_panel,
    registration_panel,
    results_panel,
    variants_panel,
)

PARTS = (
    preferences_page,
    main_panel,
    registration_panel,
    regions_panel,
    results_panel,
    variants_panel,
    batch_panel,
    portrait_box,
    export_panel,
)
