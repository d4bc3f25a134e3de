# %% [markdown]
# ## What is compared
#
# Both experiments compare the spectra that parts of one detector see at different distances. A splitting of
# some eV² makes a wave there whose length is about that of the detector; what it may be is asked of each
# experiment first, then of both together.

# %%
from nuanomaly.report import context

page = context.here()
done = page.standard(
    contours=["prospect", "stereo"], toys={"prospect": "gallium-vs-reactor-spectra/prospect"}
)
